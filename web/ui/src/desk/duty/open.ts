import { useDesk, type Tab } from '../desk'
import type { Line } from './duty'

const TABS: Record<string, Tab> = { answers: 'alerts', alerts: 'alerts', drafts: 'alerts', evacuations: 'evacuations', safety: 'safety', incidents: 'command', orders: 'command', silences: 'command', outside: 'alerts' }

/** Leads from a line to where its matter is dealt with. */
export function useOpen() {
  const { board, chosen, draftFrom, map, safety, tab } = useDesk()
  const opens = (section: string, line: Line): boolean => line.about !== null && TABS[section] !== undefined

  function open(section: string, line: Line): void {
    const to = TABS[section]
    if (line.about === null || to === undefined) return
    if (to === 'command' && section !== 'silences') chosen.value = line.about
    if (section === 'silences') {
      const [lon, lat] = board.value.units[line.about]?.location?.coordinates ?? []
      if (lon !== undefined && lat !== undefined) map.go([lon, lat])
    }
    if (section === 'safety') safety.value = line.about
    if (to === 'alerts') draftFrom.value = section === 'outside' ? { message: line.about } : { alert: line.about }
    tab.value = to
  }
  return { opens, open }
}
