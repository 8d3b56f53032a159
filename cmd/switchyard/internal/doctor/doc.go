// Package doctor examines an installation: its settings, secrets, ports,
// stores, services, clocks and rules, and sends signed webhooks through it.
// What it finds names the setting and the remedy, and never a secret.
package doctor
