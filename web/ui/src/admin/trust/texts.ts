import { defineTexts } from '@shared/i18n'

export const trustTexts = defineTexts({
  zh: {
    title: '签名信任名单',
    how: '收到的电文，由这里的证书签名，或由其中签发机构的证书直接签发的证书签名，才算“有效”；别的列为“签名者不在信任名单”。证书或签发它的机构到期以后发出的电文，不再算。',
    files: (folder: string) => `本页只看。增减要在服务器上做：把 PEM 证书放进 ${folder}，文件名以 .pem 结尾，下一份电文起就算；不再认的把文件拿走。放之前打电话核对指纹。`,
    none: '还没有放证书',
    noneHow: (folder: string) => `把预警单位的证书（PEM 格式，文件名以 .pem 结尾）放进服务器上的 ${folder}。在这以前，它们签了名的电文照收，但都列为“签名者不在信任名单”；“发布权限”里要求签名的单位，电文只留存，不上屏、不叫应。`,
    certificate: '证书', file: '文件', state: '状态', validity: '有效期', fingerprint: 'SHA-256 指纹', authorities: '对应单位',
    issuedBy: (issuer: string) => `签发者 ${issuer}`, selfSigned: '自己签发', own: '本系统',
    valid: '有效', not_yet: '还没生效', ending: (days: string) => `${days} 天内到期`, ended: '已到期', unreadable: '没有用上',
    name: '文件名不以 .pem 结尾，没有读', unopened: '打不开：查文件的权限', no_certificate: '读不出证书：要 PEM 格式，内容完整',
    from: (day: string) => `自 ${day}`, until: (day: string) => `至 ${day}`,
    noAuthority: '“发布权限”里没有单位指定它', copied: '已复制指纹', copyIt: (name: string) => `复制 ${name} 的指纹`,
  },
  en: {
    title: 'Trusted signers',
    how: 'A message that came in counts as signed if it was signed with one of these certificates or with one directly issued by an authority among them; any other signer is listed as “not trusted here”. What is sent after the certificate or the authority that issued it has ended no longer counts.',
    files: (folder) => `This page only shows. Certificates are added on the server: lay the PEM file into ${folder} under a name that ends in .pem, and it counts from the next message on; take the file away to trust it no more. Compare the fingerprint by telephone first.`,
    none: 'No certificate was laid here yet',
    noneHow: (folder) => `Lay the certificates of warning authorities (PEM, names ending in .pem) into ${folder} on the server. Until then their signed messages are taken, but listed as “Signer not trusted here”; those of an authority whose signature is asked for under “Authority” are only kept, neither shown nor called.`,
    certificate: 'Certificate', file: 'File', state: 'State', validity: 'In force', fingerprint: 'SHA-256 fingerprint', authorities: 'Authority',
    issuedBy: (issuer) => `issued by ${issuer}`, selfSigned: 'issued by itself', own: 'this system',
    valid: 'in force', not_yet: 'not in force yet', ending: (days) => (days === '1' ? 'ends within a day' : `ends within ${days} days`), ended: 'ended', unreadable: 'not used',
    name: 'its name does not end in .pem: not read', unopened: 'cannot be opened: look at its permissions', no_certificate: 'no certificate could be read: it must be PEM and whole',
    from: (day) => `from ${day}`, until: (day) => `until ${day}`,
    noAuthority: 'nobody under “Authority” names it', copied: 'Fingerprint copied', copyIt: (name) => `Copy the fingerprint of ${name}`,
  },
})
