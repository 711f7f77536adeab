import { onScopeDispose, readonly, shallowRef, type Ref } from 'vue'
import type { Api } from '@shared/api'

const ASK_EVERY_MS = 4_000

/** The names of those who are in a meeting, in the order of coming, asked anew while somebody looks; empty until known. */
export function useInside(api: Api, meeting: () => string): Readonly<Ref<readonly string[]>> {
  const names = shallowRef<readonly string[]>([])
  async function ask(): Promise<void> {
    const asked = meeting()
    const found = await api.get<{ items: { name: string }[] }>(`/meetings/${asked}/inside`).catch(() => null)
    if (found !== null && asked === meeting()) names.value = found.items.map((one) => one.name)
  }
  void ask()
  const timer = window.setInterval(() => void ask(), ASK_EVERY_MS)
  onScopeDispose(() => window.clearInterval(timer))
  return readonly(names)
}
