import { SOUNDS, type SoundName, Sounds } from '@shared/sound'

/** Vibration beside each sound, in ms: on, off, on … */
const PATTERNS: Record<SoundName, number[]> = {
  ring: [700, 250, 700],
  attention: [160, 100, 160, 100, 160],
  done: [120],
}

/** The three sounds with their vibration; a phone in a pocket is felt where it is not heard. */
export class Signals {
  private readonly timers = new Map<SoundName, number>()

  constructor(readonly sounds = new Sounds()) {}

  once(name: SoundName, gain = 1): void {
    this.sounds.once(name, gain)
    this.vibrate(name)
  }

  /** On or off, as the state of things wants it; may be said again and again. */
  set(name: SoundName, on: boolean): void {
    if (on === this.timers.has(name)) return
    if (on) this.start(name)
    else this.stop(name)
  }

  silence(): void {
    for (const name of [...this.timers.keys()]) this.stop(name)
  }

  private start(name: SoundName): void {
    const every = SOUNDS[name].every ?? 4
    this.sounds.start(name)
    this.vibrate(name)
    this.timers.set(name, window.setInterval(() => this.vibrate(name), every * 1000))
  }

  private stop(name: SoundName): void {
    this.sounds.stop(name)
    window.clearInterval(this.timers.get(name))
    this.timers.delete(name)
    if ('vibrate' in navigator) navigator.vibrate(0)
  }

  private vibrate(name: SoundName): void {
    // Before the first touch a browser refuses and logs it: then there is nothing to try.
    const touched = !('userActivation' in navigator) || navigator.userActivation.hasBeenActive
    if ('vibrate' in navigator && touched) navigator.vibrate(PATTERNS[name])
  }
}
