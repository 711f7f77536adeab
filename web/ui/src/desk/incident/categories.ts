import type { Category } from '@shared/objects/incidents'
import type { Glyph } from '@shared/map/scene'

/**
 * Which of the four classes a report's words point to. Own list of everyday words, not a standard's code table:
 * it only suggests, the officer decides.
 */
interface Hint {
  category: Category
  glyph: Glyph
  /** The hazard a warning would name; without one, the word itself. */
  hazard?: string
  words: readonly string[]
}

const HINTS: readonly Hint[] = [
  {
    category: 'natural_disaster',
    glyph: 'water',
    hazard: '山洪',
    words: ['山洪', '洪水', '涨水', '河水', '内涝', '积水', '被淹', '淹没', '决口', '溃坝', '冲走', '漫堤', 'flood'],
  },
  {
    category: 'natural_disaster',
    glyph: 'slope',
    hazard: '地质灾害',
    words: ['滑坡', '泥石流', '塌方', '崩塌', '落石', '垮塌', '地裂', 'landslide', 'rockfall'],
  },
  { category: 'natural_disaster', glyph: 'quake', hazard: '地震', words: ['地震', '震感', '余震', 'earthquake'] },
  {
    category: 'natural_disaster',
    glyph: 'storm',
    words: ['暴雨', '大风', '冰雹', '雷击', '大雪', '雪灾', '冰冻', '干旱', '台风', '龙卷', 'storm', 'hail'],
  },
  { category: 'natural_disaster', glyph: 'fire', hazard: '森林火灾', words: ['山火', '森林火', '草原火', '林火', 'wildfire'] },
  {
    category: 'accident',
    glyph: 'fire',
    hazard: '火灾',
    words: ['火灾', '起火', '着火', '失火', '爆炸', '爆燃', '冒烟', 'fire', 'explosion'],
  },
  {
    category: 'accident',
    glyph: 'crash',
    words: [
      '车祸', '追尾', '翻车', '相撞', '撞车', '交通事故', '坠落', '坍塌', '透水', '冒顶', '泄漏', '漏油', '危化', '燃气', '触电',
      '溺水', '落水', '翻船', '停电', '断电', '停水', '电梯', 'crash', 'leak',
    ],
  },
  {
    category: 'public_health',
    glyph: 'health',
    words: ['食物中毒', '中毒', '疫情', '传染', '发热', '腹泻', '呕吐', '流感', '霍乱', '鼠疫', '疫苗', 'poisoning', 'outbreak'],
  },
  {
    category: 'social_security',
    glyph: 'people',
    words: ['聚集', '上访', '斗殴', '打架', '持刀', '砍人', '抢劫', '绑架', '劫持', '恐怖', '闹事', '骚乱', '踩踏', 'riot'],
  },
]

export interface Suggestion {
  category: Category
  glyph: Glyph
  /** The word that told. */
  word: string
  hazard: string
}

/** The class whose words cover most of the text; the longest word of it is named. Null where none occurs. */
export function suggest(text: string): Suggestion | null {
  const lower = text.toLowerCase()
  let best: (Suggestion & { weight: number }) | null = null
  for (const { category, glyph, hazard, words } of HINTS) {
    const found = words.filter((word) => lower.includes(word)).sort((a, b) => b.length - a.length)
    const weight = found.reduce((sum, word) => sum + word.length, 0)
    if (found[0] !== undefined && weight > (best?.weight ?? 0)) best = { category, glyph, word: found[0], hazard: hazard ?? found[0], weight }
  }
  return best
}

const BY_CLASS: Record<Category, Glyph> = {
  natural_disaster: 'other',
  accident: 'crash',
  public_health: 'health',
  social_security: 'people',
}

/** The sign inside an incident's triangle: by its words, else by its class. */
export function glyphOf(incident: { title: string; category: Category }): Glyph {
  const hint = suggest(incident.title)
  return hint?.category === incident.category ? hint.glyph : BY_CLASS[incident.category]
}
