import { defineTexts, lang } from './i18n'
import type { RoleTold } from './objects/alerts'

/** The roles that are told warnings by name, and in which units. The office's own words have all roles (`admin/words`): of a chunk more that they shared, the terminals' first view would have to carry the name. */
export const roleTexts = defineTexts({
  zh: {
    leader: '带班领导',
    commander: '指挥长',
    duty_officer: '值班员',
    township_operator: '乡镇值班员',
    resource_keeper: '资源管理员',
    nearby: (role: string) => `${role}（区域内各单位）`,
    everywhere: (role: string) => `${role}（全部单位）`,
  },
  en: {
    leader: 'Leader on duty',
    commander: 'Commander',
    duty_officer: 'Duty officer',
    township_operator: 'Township operator',
    resource_keeper: 'Resource keeper',
    nearby: (role) => `${role} (units in the area)`,
    everywhere: (role) => `${role} (all units)`,
  },
})

/** 值班员; a role without a name is shown as it is. */
export const roleName = (role: string): string => (roleTexts[lang.value] as unknown as Record<string, string>)[role] ?? role

/** 值班员（区域内各单位） */
export function roleTold({ role, everywhere }: RoleTold): string {
  const t = roleTexts[lang.value]
  return everywhere ? t.everywhere(roleName(role)) : t.nearby(roleName(role))
}
