import { computed, ref } from 'vue'
import { readStored, writeStored } from './stored'

export type Theme = 'light' | 'dark'

const STORED = 'fengsui.terminal.theme'
const DAY_FROM = 7
const DAY_UNTIL = 19

/** Light while the sun may stand on the screen, by Beijing time. */
export function themeAt(ms: number): Theme {
  const hour = new Date(ms + 8 * 3_600_000).getUTCHours()
  return hour >= DAY_FROM && hour < DAY_UNTIL ? 'light' : 'dark'
}

function storedTheme(): Theme {
  const kept = readStored(STORED)
  return kept === 'light' || kept === 'dark' ? kept : themeAt(Date.now())
}

const chosen = ref<Theme>(storedTheme())

/** 日 or 夜 as the reader chose it, else by the hour. */
export const theme = computed(() => chosen.value)

export function setTheme(to: Theme): void {
  chosen.value = to
  writeStored(STORED, to)
}

/** Calls and meetings are dark whatever was chosen. */
export function showTheme(to: Theme): void {
  document.documentElement.dataset.theme = to
}
