/** The tiers of the ladder for weak lines, from everything to one voice. See docs/signalling.md. */

export const TIERS = ['720p', '360p', '180p', 'fewer_frames', 'stills', 'audio', 'one_voice'] as const
export type TierName = (typeof TIERS)[number]
/** Why a site stands where it does: its line sets no limit, carries too little, loses too much. */
export type TierWhy = 'all' | 'thin' | 'lossy'

export interface Standing {
  tier: TierName
  why: TierWhy
}

export const TOP: Standing = { tier: '720p', why: 'all' }

/** Whether pictures move on a tier. */
export const moves = (tier: TierName): boolean => TIERS.indexOf(tier) < TIERS.indexOf('stills')
