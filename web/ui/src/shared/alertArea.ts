import { defineTexts } from './i18n'
import { number } from './time'

/** An alert's area as it is, whatever anybody calls it: divisions by name, whether more is drawn, km² where known. */
export interface AreaMeasured {
  divisions: string[]
  drawn: boolean
  km2: number | null
  /** What was drawn crossed itself: it is all that it encloses. */
  mended?: boolean
}

export const areaTexts = defineTexts({
  zh: { label: '实际范围', drawn: '图上画的范围', mended: '（边线交叉，围住的都算）', km2: (n: string) => `${n} 平方公里`, people: (n: string) => `${n} 人`, and: '、', stop: '，' },
  en: { label: 'Covers', drawn: 'an area drawn on the map', mended: ' (its edges cross: all they enclose)', km2: (n) => `${n} km²`, people: (n) => `${n} people`, and: ', ', stop: ' · ' },
})

/** In words made of the area itself, to stand beside those that a person wrote. */
export function measuredWords(t: typeof areaTexts.zh, area: AreaMeasured, people: number): string {
  const places = [...area.divisions, ...(area.drawn ? [`${t.drawn}${area.mended ? t.mended : ''}`] : [])].join(t.and)
  return [places, ...(area.km2 === null ? [] : [t.km2(number(area.km2))]), t.people(number(people))].join(t.stop)
}
