import { describe, expect, it } from 'vitest'

interface Table {
  zh: Record<string, unknown>
  en: Record<string, unknown>
}

const modules = import.meta.glob<Record<string, unknown>>(['../**/texts.ts', './problems.ts', './sentenceTexts.ts', './names.ts'], { eager: true })

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && 'zh' in value && 'en' in value
}

const tables = Object.entries(modules).flatMap(([file, module]) =>
  Object.entries(module)
    .filter((pair): pair is [string, Table] => isTable(pair[1]))
    .map(([name, table]) => ({ name: `${file} ${name}`, table })),
)

describe('texts of every screen', () => {
  it('are found', () => {
    expect(tables.map((t) => t.name).join()).toContain('sharedTexts')
  })

  it.each(tables)('$name: no key is missing in either language', ({ table }) => {
    expect(Object.keys(table.en).sort()).toEqual(Object.keys(table.zh).sort())
  })

  it.each(tables)('$name: nothing is empty, and a text takes values in both languages or in neither', ({ table }) => {
    for (const [key, zh] of Object.entries(table.zh)) {
      expect(typeof table.en[key], key).toBe(typeof zh)
      if (typeof zh === 'string') expect(zh, key).not.toBe('')
      expect(table.en[key], key).not.toBe('')
    }
  })
})
