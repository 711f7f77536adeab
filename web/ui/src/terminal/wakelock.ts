import { onScopeDispose, watch, type WatchSource } from 'vue'

/** Keep the screen on while `wanted`, where the browser can; a lock is lost whenever the page was hidden. */
export function useWakeLock(wanted: WatchSource<boolean>): void {
  let want = false
  let lock: WakeLockSentinel | null = null

  async function take(): Promise<void> {
    if (!('wakeLock' in navigator) || document.hidden || !want || (lock !== null && !lock.released)) return
    // Refused on a low battery or an old machine: the page works without.
    lock = await navigator.wakeLock.request('screen').catch(() => null)
  }
  const again = () => void take()

  watch(
    wanted,
    (on) => {
      want = on
      if (on) void take()
      else void lock?.release()
    },
    { immediate: true },
  )
  document.addEventListener('visibilitychange', again)
  onScopeDispose(() => {
    want = false
    document.removeEventListener('visibilitychange', again)
    void lock?.release()
  })
}
