import { createApp } from 'vue'
import '@shared/base.css'
import './desk.css'
import App from './App.vue'
import { restoreTheme } from './theme'

restoreTheme()
createApp(App).mount('#app')
