import { afterEach, describe, expect, it } from 'vitest'
import { lang, setLang } from '@shared/i18n'
import { departureWords } from './departures'

describe('what was not in order in a message', () => {
  afterEach(() => setLang('zh'))

  it('is said in words, each kind once', () => {
    const found = [
      { code: 'cap.area_approximate', detail: 'boundary of 532301' },
      { code: 'cap.area_approximate', detail: 'boundary of 532301' },
      { code: 'cap.unknown_element', detail: 'Type' },
      { code: 'cap.unknown_element', detail: 'Polygon' },
    ]
    expect(departureWords(found)).toBe('范围画得偏大（上级区划或外围）；有规范外的项（Type，Polygon）')
    setLang('en')
    expect(lang.value).toBe('en')
    expect(departureWords(found)).toBe('area drawn larger than it is said to be; unknown element (Type, Polygon)')
  })

  it('tells the four states of a signature apart', () => {
    const said = ['valid', 'unknown_signer', 'not_in_force', 'invalid'].map((state) => departureWords([{ code: `cap.signature_${state}`, detail: 'CN=station' }]))
    expect(said).toEqual(['签名有效（CN=station）', '签名者不在信任名单（CN=station）', '签名证书不在有效期内（CN=station）', '签名无效，内容可能被改过（CN=station）'])
  })

  it('is shown as it came where nobody wrote words for it', () => {
    expect(departureWords([{ code: 'cap.new', detail: 'as it came' }])).toBe('as it came')
  })
})
