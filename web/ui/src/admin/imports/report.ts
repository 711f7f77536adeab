import type { Lang, Sentences } from '@shared/i18n'

export const KINDS = ['units', 'people', 'posts', 'groups', 'terminals', 'resources', 'hazard_points', 'households', 'users'] as const
/** Lists that others than the directory's administrator may import as well, each by the right of who keeps it. */
export const KEPT_LISTS: Partial<Record<string, string>> = { hazard_points: 'household.keep', households: 'household.keep', groups: 'group.keep' }
export type Kind = (typeof KINDS)[number]

export interface ReportLine {
  line: number
  outcome: 'created' | 'updated' | 'failed'
  id?: string
  secret?: string
  field?: string
  /** Why it failed; else something to know of a line that was taken. */
  code?: string
  sentences?: Sentences
}

/** What `POST /import/{what}` answers. */
export interface Report {
  rows: number
  created: number
  updated: number
  failed: number
  kept: boolean
  lines: ReportLine[]
}

interface Column {
  name: string
  zh: string
  needed?: boolean
}

const col = (name: string, zh: string, needed = false): Column => ({ name, zh, needed })
const PLACE = [col('lon', '经度'), col('lat', '纬度')]

/** The headings of the tables, as the server's templates have them; the English ones are taken as well. */
export const COLUMNS: Record<Kind, readonly Column[]> = {
  units: [col('name', '名称', true), col('kind', '类型', true), col('parent', '上级单位', true), col('division_code', '行政区划代码'), ...PLACE, col('phone', '值班电话')],
  people: [col('unit', '单位', true), col('name', '姓名', true), col('phone', '电话'), col('email', '邮箱'), col('languages', '语言'), ...PLACE],
  posts: [col('unit', '单位', true), col('title', '岗位', true), col('responsible', '包保责任人'), col('holder', 'A角'), col('deputy', 'B角'), col('hazard_point', '隐患点')],
  groups: [col('group', '群组', true), col('unit', '单位', true), col('post', '岗位'), col('person', '姓名'), col('kept_by', '维护单位')],
  terminals: [col('unit', '单位', true), col('name', '名称', true), col('kind', '类型', true), col('auto_answer', '自动应答'), ...PLACE],
  resources: [
    col('unit', '单位', true), col('name', '名称', true), col('kind', '类型', true), col('class_code', '分类代码'), col('quantity', '数量'),
    col('measure', '计量单位'), col('people', '人数'), col('capacity', '容量'), ...PLACE, col('keeper', '管理员用户名'),
  ],
  hazard_points: [col('unit', '单位', true), col('name', '名称', true), col('hazard', '灾害类型', true), ...PLACE, col('post', '责任岗位'), col('shelter', '安置点')],
  households: [
    col('unit', '单位', true), col('hazard_point', '隐患点', true), col('number', '户号', true), col('head', '户主', true), col('people', '人数', true),
    col('needs', '特殊需求'), col('phone', '电话'),
  ],
  users: [col('username', '用户名', true), col('name', '姓名', true), col('unit', '单位', true)],
}

/** The heading of a column as the reader's table has it. */
export function heading(kind: Kind, field: string | undefined, lang: Lang): string {
  const column = COLUMNS[kind].find((one) => one.name === field)
  return lang === 'zh' ? (column?.zh ?? field ?? '') : (field ?? '')
}

/** Whether a line was taken and there is something to know of it. */
export const isNoted = (line: ReportLine): boolean => line.outcome !== 'failed' && line.code !== undefined

/** The lines to show: those that say something where these are what one asks for; never so many that the page stands still. */
export function shownLines(report: Report, onlyTold: boolean, most: number): { lines: ReportLine[]; more: number } {
  const lines = onlyTold ? report.lines.filter((line) => line.outcome === 'failed' || isNoted(line)) : report.lines
  return { lines: lines.slice(0, most), more: Math.max(0, lines.length - most) }
}
