import { lang, type Sentences } from './i18n'
import { problemTexts } from './problems'

export interface FieldProblem {
  field: string
  code: string
  sentences: Sentences
}

/** A refusal or failure, as RFC 9457 problem+json gave it; `status` 0 means no answer came at all. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly sentences: Sentences = {},
    readonly errors: readonly FieldProblem[] = [],
  ) {
    super(code)
    this.name = 'ApiProblem'
  }

  /** One sentence for the reader, in the page's language. */
  get sentence(): string {
    const table = problemTexts[lang.value] as Record<string, string>
    return table[this.code] ?? this.sentences[lang.value] ?? this.code
  }
}

export interface Answer<T> {
  value: T
  status: number
  /** The version to send back as If-Match, without quotes. */
  version: string | null
}

export interface RequestOptions {
  /** JSON body, or a FormData for files. */
  body?: unknown
  /** The version the change is based on. */
  version?: number
  query?: Record<string, string | number | boolean | null | undefined>
  signal?: AbortSignal
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface ProblemJson {
  code?: string
  sentences?: Sentences
  errors?: FieldProblem[]
}

export function urlOf(path: string, query: RequestOptions['query'] = {}): string {
  const given = Object.entries(query).filter(([, v]) => v !== null && v !== undefined && v !== '')
  const text = new URLSearchParams(given.map(([k, v]) => [k, String(v)])).toString()
  return `/api/v1${path}${text ? `?${text}` : ''}`
}

/** What a refusal's body says; a proxy's says nothing of the kind. */
export function refusal(status: number, body: unknown): ApiProblem {
  const json = (body ?? {}) as ProblemJson
  return new ApiProblem(status, json.code ?? `http.${status}`, json.sentences, json.errors)
}

export const refusalOf = async (response: Response): Promise<ApiProblem> =>
  refusal(response.status, await response.json().catch(() => null))

async function valueOf(response: Response): Promise<unknown> {
  if (response.status === 204) return null
  if (!(response.headers.get('Content-Type') ?? '').includes('json')) return response.text()
  try {
    return await response.json()
  } catch {
    throw new ApiProblem(response.status, 'client.unreadable')
  }
}

/** The HTTP interface of docs/api.md. `token` gives the bearer token; null = the session cookie speaks for the page. */
export class Api {
  constructor(private readonly token: () => string | null = () => null) {}

  get bearer(): string | null {
    return this.token()
  }

  private headers(options: RequestOptions): Headers {
    const headers = new Headers({
      Accept: 'application/json, application/problem+json',
      'Accept-Language': lang.value,
      'X-Fengsui': '1',
    })
    const token = this.token()
    if (token !== null) headers.set('Authorization', `Bearer ${token}`)
    if (options.version !== undefined) headers.set('If-Match', `"${options.version}"`)
    if (options.body !== undefined && !(options.body instanceof FormData))
      headers.set('Content-Type', 'application/json')
    return headers
  }

  /** @throws ApiProblem for every refusal and failure. */
  async request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    const { body } = options
    const response = await fetch(urlOf(path, options.query), {
      method,
      headers: this.headers(options),
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    }).catch((error: unknown) => {
      const cancelled = error instanceof DOMException && error.name === 'AbortError'
      throw new ApiProblem(0, cancelled ? 'client.cancelled' : 'client.network')
    })
    if (!response.ok) throw await refusalOf(response)
    const version = response.headers.get('ETag')?.replaceAll('"', '') ?? null
    return { value: (await valueOf(response)) as T, status: response.status, version }
  }

  async get<T>(path: string, query?: RequestOptions['query'], signal?: AbortSignal): Promise<T> {
    return (await this.request<T>('GET', path, { ...(query ? { query } : {}), ...(signal ? { signal } : {}) })).value
  }

  async post<T>(path: string, body?: unknown, query?: RequestOptions['query']): Promise<T> {
    return (await this.request<T>('POST', path, { body: body ?? {}, ...(query ? { query } : {}) })).value
  }

  /** A move of what was read in this version; 412 where it is another by now. */
  async move<T>(path: string, version: number, body: unknown = {}): Promise<T> {
    return (await this.request<T>('POST', path, { body, version })).value
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    return (await this.request<T>('PUT', path, { body })).value
  }

  async patch<T>(path: string, body: unknown, version?: number): Promise<T> {
    return (await this.request<T>('PATCH', path, { body, ...(version === undefined ? {} : { version }) })).value
  }

  async delete<T>(path: string): Promise<T> {
    return (await this.request<T>('DELETE', path)).value
  }

  /** A WebSocket of the same server; the bearer token travels as the second subprotocol. */
  socket(path: string, query?: RequestOptions['query']): WebSocket {
    const url = new URL(urlOf(path, query), location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    const token = this.token()
    // A subprotocol that is offered must be answered: without a token none is, and the cookie speaks.
    return token === null ? new WebSocket(url) : new WebSocket(url, ['fengsui', token])
  }
}

/** The problem behind anything thrown; what is no ApiProblem is a fault of ours and goes on up. */
export function problem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  throw error
}

/** A name that a client gives to what it sends, so that it may send it twice: a UUID of version 4 (RFC 9562 §5.4); `crypto.randomUUID` is not there on a page without TLS. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
