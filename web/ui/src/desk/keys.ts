import { onBeforeUnmount, onMounted } from 'vue'

/** What a key does; `false` means it was not meant for us and the browser goes on. */
export type Act = () => unknown
/** Keys by name: `F2`, `Ctrl+K`, `Alt+P`, `/`, `?`, `J`, `Enter`, `Escape`. */
export type KeyMap = Record<string, Act>

const FIELD = 'input, textarea, select, [contenteditable="true"]'

export function inField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(FIELD) !== null
}

/** The name of a key press in a `KeyMap`; letters are upper case, Shift is part of the sign it makes. */
export function keyName(event: KeyboardEvent): string {
  // Alt may turn a letter into another sign, so the physical key counts there.
  const letter = event.altKey && event.code.startsWith('Key') ? event.code.slice(3) : event.key
  const key = letter.length === 1 ? letter.toUpperCase() : letter
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${key}`
}

/** Whether a key acts while the writer is in a field: function keys and those with Ctrl or Alt; never plain letters. */
function actsInField(name: string): boolean {
  return /^F\d+$/.test(name) || name.startsWith('Ctrl+') || name.startsWith('Alt+') || name === 'Escape'
}

/** An open modal dialog or a text being composed by an input method takes all keys for itself. */
function taken(event: KeyboardEvent): boolean {
  return event.isComposing || event.key === 'Process' || document.querySelector('dialog[open]') !== null
}

function onButton(event: KeyboardEvent, name: string): boolean {
  return name === 'Enter' && event.target instanceof Element && event.target.closest('button, a') !== null
}

export function handleKey(event: KeyboardEvent, keys: KeyMap): void {
  if (event.defaultPrevented || taken(event)) return
  const name = keyName(event)
  const act = keys[name]
  if (act === undefined || onButton(event, name)) return
  if (inField(event.target) && !actsInField(name)) return
  if (act() !== false) event.preventDefault()
}

/** The keys of a component, as long as it stands on the page. */
export function useKeys(keys: KeyMap): void {
  const listen = (event: KeyboardEvent) => handleKey(event, keys)
  onMounted(() => window.addEventListener('keydown', listen))
  onBeforeUnmount(() => window.removeEventListener('keydown', listen))
}
