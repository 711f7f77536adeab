import { expect, it } from 'vitest'
import { saidOnce } from './saidOnce'

const DO = '沿河住户立即撤到中心小学。'

it('leaves out the line that says what is to be done', () => {
  expect(saidOnce(DO, `县气象局通告：山洪。\n河水上涨。\n${DO}\n请互相转告。`)).toEqual({ instruction: DO, text: '县气象局通告：山洪。\n河水上涨。\n请互相转告。' })
  expect(saidOnce(DO, '沿河住户立即撤到中心小学')).toEqual({ instruction: DO, text: '' })
})
it('leaves a text whole that says it among other words', () => {
  const text = `河水上涨，${DO}不要回去取东西。`
  expect(saidOnce(DO, text)).toEqual({ instruction: '', text })
})
it('keeps both where they say different things, and what there is where one is empty', () => {
  expect(saidOnce(DO, '河水上涨。')).toEqual({ instruction: DO, text: '河水上涨。' })
  expect(saidOnce('', '河水上涨。')).toEqual({ instruction: '', text: '河水上涨。' })
  expect(saidOnce('一，走。\n二，不回。', '雨大。\n一，走。\n二，不回。')).toEqual({ instruction: '一，走。\n二，不回。', text: '雨大。' })
})
