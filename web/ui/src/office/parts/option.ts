/** One line of a combobox's list. */
export interface Option {
  id: string
  label: string
  detail?: string
}
