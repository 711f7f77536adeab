import { createApp } from 'vue'
import '@shared/base.css'
import './wall.css'
import { adoptToken } from './setup'
import Wall from './Wall.vue'

adoptToken(location, history)
createApp(Wall).mount('#app')
