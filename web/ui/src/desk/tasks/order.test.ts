import { describe, expect, it } from 'vitest'
import type { Task } from '@shared/objects/tasks'
import { inOrder, isLate } from './order'

const NOW = Date.parse('2026-08-14T06:00:00Z')
const task = (id: string, status: Task['status'], deadline_at: string | null) => ({ id, status, deadline_at }) as Task

describe('tasks', () => {
  it('are late after their time until they are done', () => {
    expect(isLate(task('a', 'en_route', '2026-08-14T05:59:00Z'), NOW)).toBe(true)
    expect(isLate(task('a', 'done', '2026-08-14T05:59:00Z'), NOW)).toBe(false)
    expect(isLate(task('a', 'en_route', '2026-08-14T06:01:00Z'), NOW)).toBe(false)
    expect(isLate(task('a', 'en_route', null), NOW)).toBe(false)
  })

  it('stand with the trouble first, then by the time they are due', () => {
    const tasks = [
      task('none', 'accepted', null),
      task('later', 'accepted', '2026-08-14T09:00:00Z'),
      task('sooner', 'accepted', '2026-08-14T07:00:00Z'),
      task('unable', 'unable', '2026-08-14T10:00:00Z'),
      task('late', 'ordered', '2026-08-14T05:00:00Z'),
    ]
    expect(inOrder(tasks, NOW).map((t) => t.id)).toEqual(['late', 'unable', 'sooner', 'later', 'none'])
  })
})
