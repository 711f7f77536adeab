import { computed, shallowRef } from 'vue'

const SHOWN_MS = 8_000

/** What is kept of a sentence: how it is said, not the words, so that it follows a change of the page's language. */
export type Sentence = () => string

/** The one line that says what was just done: `已登记 0814-003`. */
export function createNotice() {
  const said = shallowRef<Sentence>(() => '')
  let timer = 0
  return {
    text: computed(() => said.value()),
    /** Values in the sentence are those of this moment: whoever says it takes them out of forms and rows first. */
    say: (sentence: Sentence) => {
      said.value = sentence
      window.clearTimeout(timer)
      timer = window.setTimeout(() => {
        said.value = () => ''
      }, SHOWN_MS)
    },
  }
}

export type Notice = ReturnType<typeof createNotice>
