import type { Point } from './geometry'
import type { Thing } from './thing'

export type TerminalKind = 'browser' | 'headless' | 'phone' | 'camera' | 'wall' | 'loudspeaker' | 'webhook'
export type DeviceState = 'ok' | 'failed' | 'absent'

export interface TerminalCheck {
  camera: DeviceState
  microphone: DeviceState
  loudspeaker: DeviceState
  at: string
}

export interface Terminal extends Thing {
  name: string
  kind: TerminalKind
  auto_answer: boolean
  active: boolean
  location: Point | null
  sample: boolean
  check: TerminalCheck | null
}
