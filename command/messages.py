"""The sentences of every error code raised in this package, Chinese and English; `{names}` are the error's values."""

MESSAGES: dict[str, tuple[str, str]] = {
    "access.refused": ("当前账号没有这项权限：{right}", "This account may not do that: {right}"),
    "version.stale": ("别人已先改过，请看最新内容再改", "Somebody changed it first; look at it again"),
    # what is not there
    "incident.unknown": ("没有这个事件", "There is no such incident"),
    "attachment.unknown": ("没有这个附件", "There is no such file"),
    "task.unknown": ("没有这条指令", "There is no such order"),
    "resource.unknown": ("没有这项资源", "There is no such resource"),
    "unit.unknown": ("没有这个单位", "There is no such unit"),
    "terminal.unknown": ("没有这个终端", "There is no such terminal"),
    "user.unknown": ("没有这个账号", "There is no such account"),
    "layer.unknown": ("没有这个图层", "There is no such layer"),
    "person.unknown": ("没有这个人", "There is no such person"),
    "post.unknown": ("没有这个岗位", "There is no such post"),
    "group.unknown": ("没有这个群组", "There is no such group"),
    "group.member_unknown": ("没有这个岗位、人员或单位", "There is no such post, person or unit"),
    # the directory
    "name.empty": ("名称不能空着", "The name must not be empty"),
    "name.too_long": ("名称太长", "The name is too long"),
    "unit.kind": ("没有这种单位", "There is no such kind of unit"),
    "unit.in_use": (
        "没有停用：{name}还有在用的下级单位、人员、岗位、终端或账号",
        "Not taken out of use: {name} still has units, people, posts, terminals or accounts in use",
    ),
    "group.keeper": ("群组由县或乡镇维护，不能归 {unit}", "A county or a township keeps groups, not {unit}"),
    "group.name_taken": (
        "{unit}已有群组“{name}”，停用的也算：改个名称，或恢复使用那一个",
        "{unit} has a group “{name}”, perhaps a retired one: choose another name, or use that one again",
    ),
    "group.joined": (
        "加进了{unit}早有的群组“{name}”；要另建一个，换个名称",
        "Added to the group “{name}” that {unit} had already; for one more group choose another name",
    ),
    "group.used_again": (
        "{unit}的群组“{name}”原已停用，现在恢复使用，原来的成员也在",
        "The group “{name}” of {unit} was retired and is in use again, with the members it had",
    ),
    "group.called_alike": (
        "在{unit}的“{name}”里；另有名称相同或相近的“{other}”（{keeper}维护），两个群组互不合并",
        "In “{name}” of {unit}; there is another group, “{other}” of {keeper}, called the same or nearly so: both stay",
    ),
    "group.outside": (
        "{name}不在 {unit} 里：群组只列本县、本乡镇的",
        "{name} is not in {unit}: a group lists those of its own county or township",
    ),
    "group.which_post": (
        "{name}有几个岗位（{posts}）：群组按岗位列，写明哪一个",
        "{name} holds several posts ({posts}): groups list posts, say which",
    ),
    "terminal.kind": ("没有这种终端", "There is no such kind of terminal"),
    "terminal.check": ("自检结果只能是正常、故障或没有", "A check finds ok, failed or absent"),
    "person.email": ("邮箱地址不对", "The e-mail address is not right"),
    "phone.form": ("电话号码要有 3 到 15 位数字", "A telephone number has 3 to 15 digits"),
    "person.no_channel": ("电话和邮箱至少要有一个", "A telephone number or an e-mail address is needed"),
    "user.name": (
        "用户名 2–64 个字，只用文字、数字和 . - _",
        "A user name has 2 to 64 letters, digits, dots, dashes, underscores",
    ),
    "user.name_taken": ("用户名 {username} 已有人用", "The user name {username} is taken"),
    "user.lock_self": ("不能锁定自己的账号", "Nobody locks their own account"),
    "role.own": ("不能改自己的角色", "Nobody changes their own roles"),
    "role.apart": ("三员分立：这几个角色不能给同一人", "These administrators' roles are kept apart"),
    "password.old_wrong": ("密码不对", "The password is wrong"),
    "totp.wrong": (
        "验证码不对，看看手机和电脑的时间是否一致",
        "The code is wrong; compare the phone's clock with this one",
    ),
    "totp.secret": ("密钥不完整，重新扫码", "The secret is not complete: scan again"),
    "totp.unopened": (
        "没有登录：服务器打不开这个账号的动态码密钥（钥匙 {key}）。请系统管理员放回 secrets.key 或 "
        "FENGSUI_SECRETS_KEY。钥匙丢了：由安全管理员解除动态码，或在服务器上运行 "
        "fengsui user second-factor-off {username}",
        "Not logged in: the server cannot open this account’s one-time code secret (key {key}). The system "
        "administrator brings secrets.key or FENGSUI_SECRETS_KEY back. If the key is lost, the security administrator "
        "turns the codes off, or on the server: fengsui user second-factor-off {username}",
    ),
    "secret.unopened": (
        "打不开 {column} 中保存的秘密：钥匙 {key} 不在这台服务器上，或内容被改过",
        "A secret kept in {column} cannot be opened: key {key} is not on this server, or the value was changed",
    ),
    "secret.no_key": (
        "没有保存：这台服务器没有封存秘密的钥匙（secrets.key 或 FENGSUI_SECRETS_KEY）",
        "Not saved: this server has no key to seal secrets with (secrets.key or FENGSUI_SECRETS_KEY)",
    ),
    "secret.bad_key": (
        "封存秘密的钥匙读不了：secrets.key 或 FENGSUI_SECRETS_KEY 中每把钥匙是 64 位十六进制数",
        "The keys for secrets cannot be read: each in secrets.key or FENGSUI_SECRETS_KEY has 64 hexadecimal digits",
    ),
    "password.weak": ("新密码至少 10 个字，不能与用户名相同", "At least 10 characters, not the user name"),
    "session.locked": ("试错次数过多，锁定至 {until}", "Too many wrong tries; locked until {until}"),
    "session.account_locked": ("账号已被管理员锁定", "An administrator locked this account"),
    "request.unknown_field": ("有不认识的字段：{fields}", "Unknown field: {fields}"),
    # places and times
    "location.outside_world": ("没有登记：经纬度不在地球上", "Not logged: the position is not on earth"),
    "location.outside_area": ("没有登记：地点在辖区外", "Not logged: the place is outside your area"),
    "division.unknown": ("没有这个行政区划代码：{value}", "Unknown division code: {value}"),
    "area.unusable": ("图形不能用：要 GeoJSON 多边形", "The area is not usable: a GeoJSON polygon is needed"),
    "time.future": ("时间在将来：{at}", "This time lies ahead: {at}"),
    "time.precision": ("时间和它的准确程度互相矛盾", "The time and its precision contradict each other"),
    # incidents
    "move.impossible": (
        "不能从“{state}”到“{to}”，可以到：{possible}",
        "From {state} not to {to}; possible: {possible}",
    ),
    "move.reason_needed": ("改为“{to}”要写原因", "Moving to {to} needs a reason"),
    "move.transferred_to_needed": ("写明移交给谁", "Say to whom it is handed over"),
    "move.merged_into_needed": ("写明并入哪个事件", "Say which incident it belongs to"),
    "move.merged_into_ended": (
        "不能并入 {number}：它就是本事件或已了结",
        "Not into {number}: it is this one or has ended",
    ),
    "incident.ended": ("没有改：事件已{state}", "Not changed: the incident is {state}"),
    "incident.archived": ("没有记：{number} 已归档", "Not written: {number} is archived"),
    "note.other_incident": ("要更正的那条不在这个事件里", "The line to correct is not of this incident"),
    "note.corrected_already": (
        "那条已有更正，请更正最新一条",
        "That line is corrected already; correct the newest one",
    ),
    "attachment.other_incident": ("附件不在这个事件里", "The file is not of this incident"),
    "attachment.empty": ("没有收下：文件是空的", "Not taken: the file is empty"),
    "attachment.too_large": ("没有收下：文件超过 {limit_mb} MB", "Not taken: the file is over {limit_mb} MB"),
    "attachment.kind": (
        "没有收下：只收 JPEG、PNG、WebP、PDF 和纯文本",
        "Not taken: only JPEG, PNG, WebP, PDF and plain text are",
    ),
    # orders and resources
    "task.nobody": ("没有下达：写明给哪个单位或哪项资源", "Not ordered: name a unit or a resource"),
    "task.to_unit_differs": ("没有下达：这项资源不属于该单位", "Not ordered: the resource is of another unit"),
    "task.assignee_elsewhere": (
        "没有下达：这个人不在接收单位",
        "Not ordered: this person is not of the unit addressed",
    ),
    "task.deadline_past": ("没有下达：时限已过", "Not ordered: the deadline has passed"),
    "task.issuer_closes": ("只有下达单位能销号", "Only the unit that gave the order closes it"),
    "resource.busy": ("没有下达：{name}已有任务", "Not ordered: {name} has a task already"),
    "resource.unavailable": ("没有下达：{name}现在不可用", "Not ordered: {name} is not available now"),
    "resource.on_task": ("没有改：{name}正在执行任务", "Not changed: {name} is on a task"),
    "keeper.unknown": ("保管人没有这个账号", "The keeper has no such account"),
    # duty
    "duty.held": ("没有上岗：{name}正在值班，请对方交班", "Not on duty: {name} is; ask for the handover"),
    "duty.not_yours": ("只有当班的值班员能交班、撤回", "Only the officer on duty hands over or takes it back"),
    "duty.changed": (
        "{name}已在 {at} 接了班，看清后再决定要不要接替",
        "{name} has been on duty since {at}; look again and decide whether to take over",
    ),
    "duty.nobody": ("没有人在值班，直接上岗即可", "Nobody is on duty: just begin"),
    "handover.unknown": ("没有这次交接班", "There is no such handover"),
    "handover.waiting": ("已经交班，等人接；要改先撤回", "Handed over already and waiting; take it back to change it"),
    "handover.to": ("接班人要是本单位另一名值班员", "The next one must be another officer of this unit"),
    "handover.own": ("交班和接班不能是同一个人", "Nobody takes over from themselves"),
    "handover.for_another": ("这一班交给了{name}", "This is handed over to {name}"),
    "handover.over": ("没有办：这次交接班已由{name}了结", "Not done: {name} has ended this handover already"),
    "handover.unseen": (
        "没有接班：还有 {number} 段有急事，先勾选“看过”",
        "Not taken over: {number} sections have something urgent; tick that you have seen them",
    ),
    "handover.reason_needed": ("写明为什么没有交班就接", "Say why you take over without a handover"),
    # evacuations
    "evacuation.unknown": ("没有这次转移", "There is no such evacuation"),
    "household.unknown": ("台账里没有这一户", "There is no such household in the ledger"),
    "household.people": ("人数应在 1 到 99 之间", "A household has 1 to 99 people"),
    "evacuation.area_needed": ("没有启动：写明转移哪里", "Not opened: say which area"),
    "evacuation.nobody": (
        "没有启动：这个范围没有登记在册、尚未列入转移的住户",
        "Not opened: no listed household in this area that is not being moved already",
    ),
    "evacuation.closed": ("这次转移已结束", "This evacuation is closed"),
    "evacuation.id_taken": ("没有记：同一编号报过别的内容", "Not written: this id was used for another report"),
    "evacuation.nothing_amended": ("没有要更正的", "Nothing to correct: that is what stands there"),
    "evacuation.step_unknown": ("要撤销的那条不在这一户名下", "The report to undo is not of this household"),
    "evacuation.corrects_needed": ("撤销要写明撤哪一条", "Undoing names the report that it undoes"),
    "evacuation.reason_needed": ("未转移要写明原因", "Say why they were not moved"),
    "evacuation.note_too_long": ("备注最多 200 字", "A note has at most 200 characters"),
    "evacuation.shelter_unknown": ("没有这个安置点", "There is no such shelter"),
    "hazard_point.unknown": ("没有这个隐患点", "There is no such hazard point"),
    "hazard_point.outside_area": ("这个位置不在本县", "This position is not in the county"),
    "hazard_point.name_taken": ("{unit}已有隐患点“{name}”", "{unit} has a hazard point “{name}” already"),
    "evacuation.point_unknown": ("这次转移没有这个隐患点", "The evacuation has no such hazard point"),
    "evacuation.nobody_moved": ("没有可以准许返回的住户", "Nobody who was moved is left to let back"),
    "evacuation.still_away": (
        "没有结束：还有 {number} 户没有准许返回",
        "Not closed: {number} households have not been let back",
    ),
    "evacuation.missing": (
        "还有 {number} 户没有转移，结束要写明原因",
        "{number} households were never moved: closing needs a reason",
    ),
}
