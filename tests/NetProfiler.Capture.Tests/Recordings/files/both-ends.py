# The conversations of both-ends.rec, made anew by
#   netprofiler run --port 18077 --record both-ends.rec & python3 both-ends.py
# Requests and responses have lengths of their own, and bodies hold whole messages, some just where a call begins.
import socket,threading,time,random
random.seed(7)
FAKE=b"GET /fake HTTP/1.1\r\nHost: a\r\n\r\n"
FAKEA=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
srv=socket.create_server(("127.0.0.1",PORT:=18077))
def answer(n,method):
    size=40+n%900
    body=(FAKEA+b"b"*size)[:size] if n%3 else b"c"*size
    if n%7==3 and method!=b"HEAD":
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n"%size+body+b"\r\n0\r\n\r\n"
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"%size+(b"" if method==b"HEAD" else body)
def serve(c):
    c.setsockopt(socket.IPPROTO_TCP,socket.TCP_NODELAY,1)
    buf=b""
    while True:
        while b"\r\n\r\n" not in buf:
            d=c.recv(4096)
            if not d: c.close();return
            buf+=d
        head,buf=buf.split(b"\r\n\r\n",1)
        line=head.split(b"\r\n")[0].split()
        n=int(line[1].split(b"/")[-1])
        ln=0
        for f in head.split(b"\r\n"):
            if f.lower().startswith(b"content-length:"): ln=int(f.split(b":")[1])
        while len(buf)<ln: buf+=c.recv(4096)
        buf=buf[ln:]
        a=answer(n,line[0])
        if n%5==0:
            k=a.index(b"\r\n\r\n")+4
            c.sendall(a[:k]); c.sendall(a[k:]) if a[k:] else None
        elif n%11==0:
            c.sendall(a[:9]); c.sendall(a[9:])
        else: c.sendall(a)
def accept():
    while True:
        c,_=srv.accept(); threading.Thread(target=serve,args=(c,),daemon=True).start()
threading.Thread(target=accept,daemon=True).start()
def request(kind,n):
    if n%9==4: return [b"HEAD /%s/%d HTTP/1.1\r\nHost: a\r\n\r\n"%(kind,n)]
    if n%4==1:
        body=FAKE*(1+n%3) if n%2 else b"x"*(n%50)+FAKE
        h=b"POST /%s/%d HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"%(kind,n,len(body))
        return [h,body] if n%3 else [h+body[:10],body[10:]]
    return [b"GET /%s/%d HTTP/1.1\r\nHost: a\r\n\r\n"%(kind,n)]
class Reader:
    def __init__(self,c): self.c=c;self.b=b""
    def more(self):
        d=self.c.recv(4096)
        if not d: raise EOFError
        self.b+=d
    def one(self,head):
        while b"\r\n\r\n" not in self.b: self.more()
        h,self.b=self.b.split(b"\r\n\r\n",1)
        if head: return
        if b"chunked" in h:
            while True:
                while b"\r\n" not in self.b: self.more()
                s,self.b=self.b.split(b"\r\n",1); s=int(s,16)
                while len(self.b)<s+2: self.more()
                self.b=self.b[s+2:]
                if s==0: return
        ln=int(h.split(b"Content-Length:")[1].split(b"\r\n")[0])
        while len(self.b)<ln: self.more()
        self.b=self.b[ln:]
def connect():
    c=socket.create_connection(("127.0.0.1",PORT)); c.setsockopt(socket.IPPROTO_TCP,socket.TCP_NODELAY,1)
    return c,Reader(c)
def waits(kind,count,pause,base):
    c,r=connect()
    for n in range(base,base+count):
        if pause and (n-base)%pause==0: time.sleep(0.35)
        q=request(kind,n)
        for p in q: c.sendall(p)
        r.one(q[0].startswith(b"HEAD"))
    c.close()
def ahead(kind,count,depth,base):
    c,r=connect(); under=[]
    for n in range(base,base+count):
        q=request(kind,n)
        for p in q: c.sendall(p)
        under.append(q)
        if len(under)==depth: r.one(under.pop(0)[0].startswith(b"HEAD"))
    for q in under: r.one(q[0].startswith(b"HEAD"))
    c.close()
ts=[threading.Thread(target=waits,args=a) for a in ((b"pauses",16,1,100),(b"busy",48,0,200),(b"now-and-then",40,10,300))]
ts+=[threading.Thread(target=ahead,args=a) for a in ((b"ahead",30,2,400),(b"deep",30,6,500))]
for t in ts: t.start()
for t in ts: t.join()
time.sleep(0.5)
