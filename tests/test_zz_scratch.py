import sys
import time

sys.path.insert(0,'/work/main/tests')

from pipeline import *


def test_a(spark,kafka_servers,tmp_path):
    from resources.spark import CONF
    for n,v in CONF.items(): spark.conf.set(n,v)
    t=time.time()
    run=build(spark,kafka_servers,make_topic(kafka_servers),str(tmp_path/'lake'),alerts_per_batch=20)
    run.feed(sample().values())
    def said(d):
        nonlocal t
        print(d.stage,d.batch,round(time.time()-t,2),dict(d.receipt.counts)); t=time.time()
        run.done.append(d)
    while run.chain.step(said): pass
    t=time.time()
    run.chain.objects.refresh(up_to_batch=run.chain.ledger.position("archive")); print('objects',time.time()-t)
    for x in range(2):
        t=time.time(); m=received(kafka_servers,[f.topic for f in run.chain.filters]); print(sent(m),time.time()-t)
    t=time.time(); print(len(rows(run.tables.science)),len(text(rows(run.tables.science))),time.time()-t)
    print(rows(run.tables.quarantine))
    c=run.copy(tmp_path)
    t=time.time(); print(c.chain.ledger.position("archive"), c.chain.step(print), time.time()-t)
