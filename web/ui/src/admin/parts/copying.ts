/**
 * Put a text on the clipboard. Where the browser does not let us (an address without TLS), the field is selected
 * so that Ctrl C takes it.
 * @returns whether it is on the clipboard.
 */
export async function copy(text: string, field: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const selection = getSelection()
    if (field !== null && selection !== null) selection.selectAllChildren(field)
    return false
  }
}
