import { ref } from 'vue'

export type Theme = 'dark' | 'light'

const STORED = 'fengsui.theme'

/** 夜 (dark) unless the reader chose 日. */
export const theme = ref<Theme>('dark')

export function setTheme(to: Theme): void {
  theme.value = to
  document.documentElement.dataset.theme = to
  try {
    localStorage.setItem(STORED, to)
  } catch {
    // the choice then lasts as long as the page
  }
}

export function restoreTheme(): void {
  try {
    setTheme(localStorage.getItem(STORED) === 'light' ? 'light' : 'dark')
  } catch {
    setTheme('dark')
  }
}
