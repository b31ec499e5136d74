X=1
class Y: pass
