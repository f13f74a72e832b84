"""Where vmsgen plugs into other tools' builds."""
