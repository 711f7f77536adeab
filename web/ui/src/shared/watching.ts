/** Whether a site only receives: a wall, or a viewer (WHEP). */
export const watches = (site: { kind: string }): boolean => site.kind === 'wall' || site.kind === 'viewer'
