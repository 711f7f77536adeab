/** One line of a list: something under way that a person opens, follows and closes. */
export interface Case {
  id: string
  title: string
  /** The figure that matters now. */
  figure: string
  tone: 'red' | 'good' | ''
  since: string
}
