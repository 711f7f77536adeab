import type { Api } from '../api'
import type { Layer, LayerName, Layers } from './scene'

interface Attributed extends Layer {
  attribution?: string
}

export interface LoadedLayers {
  layers: Layers
  /** Whose data the background is, to be shown on the map. */
  attributions: string[]
}

/** The background layers by name; what the server does not have is left out. */
export async function loadLayers(api: Api, names: readonly LayerName[]): Promise<LoadedLayers> {
  const loaded = await Promise.all(
    names.map(async (name) => [name, await api.get<Attributed>(`/layers/${name}`).catch(() => null)] as const),
  )
  const present = loaded.filter((pair): pair is readonly [LayerName, Attributed] => pair[1] !== null)
  return {
    layers: Object.fromEntries(present),
    attributions: [...new Set(present.flatMap(([, layer]) => (layer.attribution ? [layer.attribution] : [])))],
  }
}
