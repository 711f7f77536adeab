import { afterEach, describe, expect, it, vi } from 'vitest'
import { handleKey } from './keys'

function press(target: Element, init: KeyboardEventInit, keys: Record<string, () => unknown>): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init })
  target.addEventListener('keydown', (e) => handleKey(e as KeyboardEvent, keys), { once: true })
  target.dispatchEvent(event)
  return event
}

const put = (html: string): Element => {
  document.body.innerHTML = html
  return document.body.firstElementChild ?? document.body
}

afterEach(() => {
  document.body.innerHTML = ''
})

describe('keys', () => {
  it('letters act outside fields, in either case', () => {
    const act = vi.fn()
    expect(press(put('<p></p>'), { key: 'j' }, { J: act }).defaultPrevented).toBe(true)
    expect(act).toHaveBeenCalledOnce()
  })

  it('letters are text inside a field, function keys and Ctrl act there', () => {
    const act = vi.fn()
    const field = put('<input>')
    press(field, { key: 'j' }, { J: act })
    expect(act).not.toHaveBeenCalled()
    press(field, { key: 'F2' }, { F2: act })
    press(field, { key: 'k', ctrlKey: true }, { 'Ctrl+K': act })
    press(field, { key: 'π', code: 'KeyP', altKey: true }, { 'Alt+P': act })
    expect(act).toHaveBeenCalledTimes(3)
  })

  it('nothing acts while an input method composes, or under a dialog', () => {
    const act = vi.fn()
    press(put('<p></p>'), { key: 'j', isComposing: true }, { J: act })
    put('<dialog open></dialog>')
    press(document.body, { key: 'F2' }, { F2: act })
    expect(act).not.toHaveBeenCalled()
  })

  it('what says false leaves the key to the browser', () => {
    expect(press(put('<p></p>'), { key: 'Escape' }, { Escape: () => false }).defaultPrevented).toBe(false)
  })

  it('Enter on a button presses the button', () => {
    const act = vi.fn()
    press(put('<button></button>'), { key: 'Enter' }, { Enter: act })
    expect(act).not.toHaveBeenCalled()
  })
})
