import { ApiProblem, refusalOf, urlOf, type Api } from './api'

/** A file of the server as an address for this page alone, which who asked gives back (`revokeObjectURL`). Throws ApiProblem. */
export async function fileUrl(api: Api, path: string): Promise<string> {
  const token = api.bearer
  const headers: Record<string, string> = token === null ? {} : { Authorization: `Bearer ${token}` }
  const response = await fetch(urlOf(path), { headers, credentials: 'same-origin' }).catch(() => {
    throw new ApiProblem(0, 'client.network')
  })
  if (!response.ok) throw await refusalOf(response)
  return URL.createObjectURL(await response.blob())
}
