import { ref } from 'vue'

const SHOWN_MS = 8_000

/** The one line that says what was just done: `已登记 0814-003`. */
export function createNotice() {
  const text = ref('')
  let timer = 0
  return {
    text,
    say: (words: string) => {
      text.value = words
      window.clearTimeout(timer)
      timer = window.setTimeout(() => {
        text.value = ''
      }, SHOWN_MS)
    },
  }
}

export type Notice = ReturnType<typeof createNotice>
