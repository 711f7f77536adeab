/** What a draft has with it: files, and at most one recorded message among them. */

import type { Api } from '@shared/api'
import type { AlertFile } from '@shared/objects/alerts'

export const isRecording = (file: AlertFile): boolean => file.seconds != null

/** Hand one in; it is kept, and part of nothing yet. Throws ApiProblem. */
export function handIn(api: Api, content: Blob, name: string): Promise<AlertFile> {
  const body = new FormData()
  body.append('file', content, name)
  return api.post<AlertFile>('/alert-files', body)
}
