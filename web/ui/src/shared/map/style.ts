import type { Colour } from '../objects/alerts'

/** Colours and sizes of a map, read from the page's tokens so that day and night follow. Sizes in CSS px. */
export interface MapStyle {
  sea: string
  land: string
  line: string
  border: string
  ink: string
  ink3: string
  halo: string
  jade: string
  onJade: string
  red: string
  violet: string
  warning: Record<Colour, string>
  font: string
  /** Label height. */
  text: number
  /** Half the side of a resource marker; everything else follows from it. */
  mark: number
}

export function readStyle(element: Element, text: number, mark: number): MapStyle {
  const css = getComputedStyle(element)
  const token = (name: string) => css.getPropertyValue(`--${name}`).trim()
  return {
    sea: token('sea'),
    land: token('land'),
    line: token('line'),
    border: token('border'),
    ink: token('m-ink'),
    ink3: token('ink3'),
    halo: token('halo'),
    jade: token('jade'),
    onJade: token('on-jade'),
    red: token('red'),
    violet: token('violet'),
    warning: {
      red: token('red-line'),
      orange: token('orange-line'),
      yellow: token('yellow-line'),
      blue: token('blue-line'),
    },
    font: token('sans') || 'sans-serif',
    text,
    mark,
  }
}
