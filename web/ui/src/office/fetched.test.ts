import { effectScope, nextTick, ref } from 'vue'
import { expect, it, vi } from 'vitest'
import { useFetched, type Fetched } from './fetched'

it('is busy from the change until the answer to it, its wait included', async () => {
  vi.useFakeTimers()
  const when = ref('a')
  const asked: string[] = []
  const answers: ((value: string) => void)[] = []
  const ask = () => {
    asked.push(when.value)
    return when.value === '' ? null : new Promise<string>((resolve) => answers.push(resolve))
  }
  const scope = effectScope()
  const fetched = scope.run(() => useFetched(when, ask, 150)) as Fetched<string>
  expect([fetched.busy.value, fetched.value.value, asked]).toEqual([true, null, []])
  await vi.advanceTimersByTimeAsync(150)
  expect([fetched.busy.value, asked]).toEqual([true, ['a']])
  answers[0]?.('first')
  await vi.advanceTimersByTimeAsync(0)
  expect([fetched.busy.value, fetched.value.value]).toEqual([false, 'first'])
  when.value = 'b'
  await nextTick()
  expect([fetched.busy.value, fetched.value.value]).toEqual([true, 'first'])
  when.value = ''
  await nextTick()
  await vi.advanceTimersByTimeAsync(150)
  expect([fetched.busy.value, fetched.value.value, asked]).toEqual([false, null, ['a', '']])
  scope.stop()
  vi.useRealTimers()
})
