export const SYSTEMS = ['windows', 'android', 'ios', 'linux'] as const
export type System = (typeof SYSTEMS)[number]

/** The system of this browser, as it says itself; a guess only orders the steps, all of them can be chosen. */
export function systemOf(agent: string): System {
  if (/iPhone|iPad|iPod/.test(agent)) return 'ios'
  if (/Android|HarmonyOS|OpenHarmony/.test(agent)) return 'android'
  return /Windows/.test(agent) ? 'windows' : 'linux'
}
