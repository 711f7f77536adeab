import { describe, expect, it } from 'vitest'
import { roleTexts } from '@shared/roleTexts'
import { adminWordTexts } from './texts'

describe('roles', () => {
  it.each(['zh', 'en'] as const)('have the same names where warnings are told to them (%s)', (lang) => {
    const { nearby, everywhere, ...names } = roleTexts[lang]
    expect([nearby('x'), everywhere('x')].every((said) => said.startsWith('x'))).toBe(true)
    expect(adminWordTexts[lang]).toMatchObject(Object.fromEntries(Object.entries(names).map(([role, name]) => [`role.${role}`, name])))
  })
})
