import { describe, expect, it } from 'vitest'
import { isLoopback, linkOf, originsOf } from './links'

const here = { origin: 'https://127.0.0.1:8443', protocol: 'https:' }

describe('where terminals reach the server', () => {
  it('is what the certificate is for, loopback last', () => {
    const reach = { names: ['fengsui.example'], addresses: ['192.0.2.10', '2001:db8::1'], port: 8443 }
    expect(originsOf(reach, here)).toEqual([
      'https://fengsui.example:8443', 'https://192.0.2.10:8443', 'https://[2001:db8::1]:8443', 'https://127.0.0.1:8443',
    ])
  })

  it('is the address of this page where nothing was set', () => {
    expect(originsOf(null, here)).toEqual(['https://127.0.0.1:8443'])
    expect(isLoopback('https://127.0.0.1:8443')).toBe(true)
    expect(isLoopback('https://192.0.2.10:8443')).toBe(false)
  })

  it.each([
    ['wall', 'https://h/wall#token=t'], ['browser', 'https://h/terminal#token=t'], ['phone', 'https://h/terminal#token=t'],
    ['headless', null], ['loudspeaker', null],
  ] as const)('is a page of its own kind: %s', (kind, link) => {
    expect(linkOf('https://h', kind, 't')).toBe(link)
  })
})
