import { createApp } from 'vue'
import '@shared/base.css'
import '@office/office.css'
import App from './App.vue'
import { restoreTheme } from '@office/theme'

restoreTheme()
createApp(App).mount('#app')
