import { expect, it } from 'vitest'
import { csv } from './csv'

it('quotes what needs it and lets no cell become a formula', () => {
  expect(csv([['a', 'b,c'], ['say "x"', null], ['=1+1', -3]])).toBe('\uFEFFa,"b,c"\r\n"say ""x""",\r\n\'=1+1,-3\r\n')
})
