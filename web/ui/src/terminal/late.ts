import { defineAsyncComponent, type Component } from 'vue'
import WaitingPage from './WaitingPage.vue'

const AGAIN_MS = 1_500
const SHOW_AFTER_MS = 400

/** A part of the page that is fetched when it is first shown, and again and again where the net is down. */
export function late<T extends Component>(load: () => Promise<{ default: T }>): T {
  return defineAsyncComponent<T>({
    loader: load,
    loadingComponent: WaitingPage,
    delay: SHOW_AFTER_MS,
    onError: (_, again) => window.setTimeout(again, AGAIN_MS),
  })
}
