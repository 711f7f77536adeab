import { createApp } from 'vue'
import '@shared/base.css'
import '@office/office.css'
import './admin.css'
import { restoreTheme } from '@office/theme'
import App from './App.vue'

restoreTheme()
createApp(App).mount('#app')
