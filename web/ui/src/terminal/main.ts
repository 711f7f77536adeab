import { createApp } from 'vue'
import '@shared/base.css'
import './terminal.css'
import App from './App.vue'
import { adoptToken } from './session'
import { showTheme, theme } from './theme'

adoptToken(location, history)
// A link opened in the page that is already there changes the address only.
window.addEventListener('hashchange', () => {
  if (adoptToken(location, history)) location.reload()
})
showTheme(theme.value)
createApp(App).mount('#app')
