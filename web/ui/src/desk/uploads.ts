import { ref, type Ref } from 'vue'
import { ApiProblem, refusal, urlOf } from '@shared/api'
import { lang } from '@shared/i18n'

/** A file on its way to an incident; it stays in the list until it is there or given up. */
export interface Upload {
  id: number
  incident: string
  file: File
  /** 0 … 1 */
  sent: number
  problem: ApiProblem | null
}

export interface Uploads {
  list: Ref<Upload[]>
  add: (incident: string, files: Iterable<File>) => void
  again: (id: number) => void
  drop: (id: number) => void
}

function refused(request: XMLHttpRequest): ApiProblem {
  try {
    return refusal(request.status, JSON.parse(request.responseText))
  } catch {
    return refusal(request.status, null)
  }
}

/** `fetch` cannot say how much has left; XMLHttpRequest can. */
function send(upload: Upload, progress: (sent: number) => void): Promise<void> {
  const body = new FormData()
  body.append('file', upload.file, upload.file.name)
  const request = new XMLHttpRequest()
  request.open('POST', urlOf(`/incidents/${upload.incident}/attachments`))
  request.setRequestHeader('X-Fengsui', '1')
  request.setRequestHeader('Accept-Language', lang.value)
  return new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => progress(event.total === 0 ? 0 : event.loaded / event.total)
    request.onload = () => {
      if (request.status < 300) resolve()
      else reject(refused(request))
    }
    request.onerror = () => reject(new ApiProblem(0, 'client.network'))
    request.send(body)
  })
}

export function createUploads(): Uploads {
  const list = ref<Upload[]>([]) as Ref<Upload[]>
  let next = 1

  const change = (id: number, by: Partial<Upload>) => {
    list.value = list.value.map((upload) => (upload.id === id ? { ...upload, ...by } : upload))
  }
  const drop = (id: number) => {
    list.value = list.value.filter((upload) => upload.id !== id)
  }
  async function run(upload: Upload): Promise<void> {
    try {
      await send(upload, (sent) => change(upload.id, { sent }))
      drop(upload.id)
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      change(upload.id, { problem: error, sent: 0 })
    }
  }
  return {
    list,
    drop,
    add: (incident, files) => {
      for (const file of files) {
        const upload: Upload = { id: next++, incident, file, sent: 0, problem: null }
        list.value = [...list.value, upload]
        void run(upload)
      }
    },
    again: (id) => {
      const upload = list.value.find((one) => one.id === id)
      if (upload === undefined) return
      change(id, { problem: null })
      void run(upload)
    },
  }
}
