import { nextTick } from 'vue'
import { describe, expect, it, vi } from 'vitest'
import { setLang, useTexts } from '@shared/i18n'
import { terminalTexts } from './texts'
import en from './texts.en'

describe('the words of the terminal', () => {
  const pairs = Object.entries(terminalTexts.zh)

  it('have every key in both languages', () => {
    expect(Object.keys(en).sort()).toEqual(pairs.map(([key]) => key).sort())
  })

  it.each(pairs)('%s takes the same values in both languages and is not empty', (key, zh) => {
    const other = (en as Record<string, unknown>)[key]
    expect(typeof other).toBe(typeof zh)
    expect(other).not.toBe('')
    expect(zh).not.toBe('')
  })

  it('are fetched in English when they are wanted', async () => {
    const words = useTexts(terminalTexts)
    expect(words.value.answer).toBe('接听')
    setLang('en')
    await nextTick()
    await vi.waitFor(() => expect(words.value.answer).toBe(en.answer))
    setLang('zh')
    expect(words.value.answer).toBe('接听')
  })
})
