import { defineTexts } from './i18n'
import type { Standing } from './tiers'

/** What a tier of the ladder means for a site, in words. */
export const tierTexts = defineTexts({
  zh: {
    '720p': '画面和声音都正常',
    '360p': '画面降到 360 行',
    '180p': '画面降到 180 行',
    fewer_frames: '画面很小，动得慢',
    stills: '只传声音和静止图片',
    audio: '只传声音',
    one_voice: '只传一路声音',
    down_all: '线路好转',
    down_thin: '线路慢',
    down_lossy: '线路丢包多',
    up_all: '上行好转',
    up_thin: '上行慢',
    up_lossy: '上行丢包多',
    standing: (line: string, tier: string) => `${line}：${tier}`,
  },
  en: {
    '720p': 'all pictures and voices',
    '360p': 'pictures of 360 lines',
    '180p': 'pictures of 180 lines',
    fewer_frames: 'small pictures, few frames',
    stills: 'voices and still pictures only',
    audio: 'voices only',
    one_voice: 'one voice only',
    down_all: 'Line is better',
    down_thin: 'Slow line',
    down_lossy: 'Line loses packets',
    up_all: 'Uplink is better',
    up_thin: 'Slow uplink',
    up_lossy: 'Uplink loses packets',
    standing: (line, tier) => `${line}: ${tier}`,
  },
})

type Words = typeof tierTexts.zh

/** 线路慢：只传声音和静止图片 */
export const standingWords = (t: Words, way: 'down' | 'up', { tier, why }: Standing): string => t.standing(t[`${way}_${why}`], t[tier])
