/*
 * The protocol of a sale, small enough to be searched through: every order in which its moves can happen is tried.
 *
 * Two kinds of workflow (Purchase, Subscription), the platform that they call (Sft), and the world that does to them
 * what worlds do (World). Every move is one alternative of a loop, atomic, begins with its name in a comment, and says
 * in a sentence what happens: the sentences of a trail are the story of a sale that went wrong. docs/model.md maps each
 * name to the function of the code that makes the move.
 *
 * Time is not counted. "The settle window is over" may be true at any moment, so that SFT does things before and after
 * it; a watch is over when nothing can come any more, which is what its length is chosen for.
 *
 * What can be set from outside (-DNAME=n): PURCHASES, ENDPOINTS, FAULTS (how many things go wrong at SFT, at a worker
 * or between two builds), HANDS (how many times a person steps in: cancel, terminate, repeat, order, delete, restore is
 * free), TOPUPS (for each eSIM), and which hands there are: CANCELS, KILLS, REPEATS, ORDERS, STRANGERS.
 * -DNO_... takes out one guard each; the list is in docs/model.md.
 */

#ifndef PURCHASES
#define PURCHASES 2
#endif
#ifndef ENDPOINTS
#define ENDPOINTS 2
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef HANDS
#define HANDS 2
#endif
#ifndef TOPUPS
#define TOPUPS 1
#endif

/* An endpoint's state at SFT. */
#define UNUSED 0
#define ACTIVE 1
#define SUSPENDED 2

/* How a run of a workflow stands. */
#define NO_RUN 0
#define RUNNING 1
#define COMPLETED 2
#define FAILED 3     /* of a subscription: released, its id may be claimed again */
#define TERMINATED 4
#define FORGOTTEN 5  /* completed, and past its retention */

/* Where a purchase is. */
#define FIRST 0    /* looking whether it was sold before, and for an eSIM */
#define FIND 1     /* looking for another eSIM */
#define CLAIM 2
#define ACTIVATE 3
#define ACT_CALL 4 /* the activation is under way */
#define ACT_LOOK 5
#define LOOK 6
#define SEND 7
#define ADD_CALL 8 /* SubscribeAddon is under way */
#define SETTLE 9
#define HAND_OVER 10
#define DELIVER 11
#define GIVE_BACK 12
#define AWAIT 13   /* given back: waits until that is cleaned up */

/* Where a subscription is. */
#define SELLING 0  /* the purchase that claimed it acts, not the subscription */
#define UNDO 1     /* given back: suspend it if it may be active */
#define REMOVE 2   /* then remove what was put on it */
#define OUTLAST 3  /* then watch for what SFT does late; so does one that was closed */
#define SOLD 4
#define CLOSE 5    /* cancelled: suspend it, however long that takes */

/* What an activity comes back with. */
#define OK 0
#define REFUSED 1
#define NOT_SENT 2
#define UNANSWERED 3

/* Whether an endpoint that is given back is active by us. */
#define NO 0
#define MAYBE 1
#define YES 2

/* Messages to a subscription. */
#define HANDED_OVER 1
#define GIVEN_BACK 2

/* A top-up, and an order to change the life cycle. */
#define NONE 0
#define QUEUED 1
#define SENDING 2
#define CALLING 3
#define SETTLING 4
#define DONE 5
#define NOT_SOLD 6

#define SUSPEND 1
#define RESUME 2
#define CLOSE_IT 3

#define BY_ORDER 1
#define BY_WATCH 2

#define NOBODY 3
#define UNKNOWN_MANY 6 /* more than SFT can be asked for within the bounds */

typedef Endpoint {                /* what SFT has */
    unsigned status : 2;
    unsigned on : 8;              /* which instances are on it, one bit each: uniqueIds */
    unsigned made : 4;            /* how many were ever made */
    unsigned late_addons : 3;     /* requests that SFT took, did not answer, and may yet carry out */
    unsigned late_activations : 3;
    unsigned late_suspensions : 3;
    bit touched;                  /* a request of ours may have reached it */
    bit strangers;                /* somebody else activated it before any request of ours */
    bit undecidable;              /* and then one of ours went unanswered: nobody can tell which it was */
    bit dirty                     /* its purchase was terminated: an add-on may stay on it, which is documented */
};

typedef Run {                     /* a purchase: its latest run, and what it knows */
    unsigned state : 3;
    bit number;                   /* the first run of it, or the second */
    unsigned step : 4;
    unsigned at : 2;              /* the endpoint that it tries to sell */
    unsigned avoid : 2;
    unsigned unanswered : 3;      /* activations */
    bit is_active;
    bit bad;                      /* what it gives back is to be quarantined */
    unsigned before : 8;
    unsigned doubts : 3;          /* SubscribeAddons that may still make something */
    bit cancelled;
    bit remembered;               /* an earlier run of it completed, and Temporal has not forgotten it */
    unsigned sold_on : 2;         /* ghost: where it was sold */
    unsigned instance : 3         /* ghost and result: as what */
};

typedef Sub {                     /* a subscription: its latest run, and what it knows */
    unsigned state : 3;
    unsigned phase : 3;
    unsigned owner : 2;
    bit owner_run;
    unsigned first : 2;           /* search attribute FirstPurchaseId */
    unsigned status : 2;          /* what it wants SFT to have, once it is sold */
    bit closed;
    bit code;                     /* the activation code is in its state */
    bit cancelled;
    bit meant_to_end;             /* ghost: somebody cancelled it */
    unsigned message : 2;         /* waiting to be read, by a build that can */
    unsigned m_instance : 3;
    unsigned m_doubts : 3;
    unsigned m_before : 8;
    unsigned m_unanswered : 3;
    unsigned m_active : 2;
    bit m_quarantine;
    bit cleaned_up;               /* signalled to the purchase */
    bit was_active;
    unsigned ours : 8;            /* the uniqueIds that belong to purchases */
    unsigned doubts : 3;          /* the watch for add-ons: how many may yet come */
    unsigned before : 8;          /* and what was there before */
    unsigned requests : 3;        /* the watch for the state: how many requests may yet be carried out */
    unsigned topup : 3;
    bit t_sold;                   /* ghost */
    unsigned t_before : 8;
    unsigned t_doubts : 3;
    unsigned order : 2;
    unsigned change : 3;          /* a change of the life cycle: NONE, SENDING, CALLING, SETTLING */
    unsigned wanted : 2;
    unsigned why : 2;
    unsigned c_unanswered : 3
};

Endpoint sft[ENDPOINTS];
Run runs[PURCHASES];
Sub subs[ENDPOINTS];
byte faults = FAULTS;
byte hands = HANDS;

/* Scratch, meaningless between two moves. */
#ifdef BREADTH_FIRST  /* which spin does not have together with hidden variables */
#define SCRATCH byte
#else
#define SCRATCH hidden byte
#endif
SCRATCH answer;   /* what an activity came back with */
SCRATCH got;      /* an instance, by its number or its bit */
SCRATCH prior;    /* an endpoint's state before a request */
SCRATCH ep;       /* the endpoint that a purchase is at */
SCRATCH other;
SCRATCH kept;
SCRATCH in_reach;

#define P (p + 1)
#define E (e + 1)
#define EP (ep + 1)
#define BROKEN(what) printf(what); assert(false)

#define bit_of(i) (1 << (i))
#define lowest(mask) ((mask) & -(mask))
#define alive(s) (runs[s.owner].state == RUNNING && runs[s.owner].number == s.owner_run)
#define is_mine(s, p) (s.state == RUNNING && s.owner == p && s.owner_run == runs[p].number)

inline start_run(p) {
    runs[p].state = RUNNING; runs[p].step = FIRST; runs[p].at = NOBODY; runs[p].avoid = 0; runs[p].unanswered = 0;
    runs[p].is_active = 0; runs[p].bad = 0; runs[p].before = 0; runs[p].doubts = 0; runs[p].cancelled = 0
}

inline end_run(p, how) {   /* what it knew is gone with it */
    runs[p].state = how; runs[p].step = FIRST; runs[p].at = NOBODY; runs[p].avoid = 0; runs[p].unanswered = 0;
    runs[p].is_active = 0; runs[p].bad = 0; runs[p].before = 0; runs[p].doubts = 0; runs[p].cancelled = 0
}

inline start_sub(e, p) {
    subs[e].state = RUNNING; subs[e].phase = SELLING; subs[e].owner = p; subs[e].owner_run = runs[p].number;
    subs[e].first = p; subs[e].message = NONE; subs[e].cleaned_up = 0; subs[e].was_active = 0;
    subs[e].doubts = 0; subs[e].before = 0; subs[e].requests = 0; subs[e].cancelled = 0;
    subs[e].meant_to_end = 0; subs[e].closed = 0; subs[e].ours = 0;
    subs[e].topup = NONE; subs[e].order = NONE; subs[e].change = NONE;
#ifndef NO_CODE_IN_STATE
    subs[e].code = 1
#endif

}

inline clear_message(e) {
    subs[e].message = NONE; subs[e].m_instance = 0; subs[e].m_doubts = 0; subs[e].m_before = 0;
    subs[e].m_unanswered = 0; subs[e].m_active = NO; subs[e].m_quarantine = 0
}

/* SFT makes an instance. */
inline make(e) {
    assert(sft[e].made < 8);      /* within the bounds */
    got = sft[e].made; sft[e].on = sft[e].on | bit_of(got); sft[e].made++
}

/* One attempt of SubscribeAddon, with everything that SFT, the network and the worker can do to it. */
inline call_subscribe(e) {
    if
    :: make(e); answer = OK;
       printf("  SFT makes instance %d on E%d and answers\n", got, E)
    :: faults > 0 -> faults--;
       if
       :: answer = REFUSED; printf("  SFT refuses the add-on\n")
       :: answer = NOT_SENT; printf("  certainly not sent: 429, or no connection\n")
       :: make(e); answer = UNANSWERED;
          printf("  SFT makes instance %d on E%d, and the answer is lost or the worker dies\n", got, E)
       :: sft[e].late_addons++; answer = UNANSWERED;
          printf("  no answer: SFT may do it late, or never got it\n")
       :: /* paused and unpaused, or reset, in mid-call: a second attempt of the same activity */
          if
          :: make(e); printf("  SFT makes instance %d on E%d; the attempt is paused before it can say so\n", got, E)
          :: sft[e].late_addons++; printf("  the attempt is paused while SFT has the request\n")
          fi;
#ifdef NO_HEARTBEAT_DETAILS
          make(e); answer = OK;
          printf("  unpaused, a second attempt sends it again: SFT makes instance %d and answers\n", got)
#else
          answer = UNANSWERED;
          printf("  unpaused, the second attempt sees that an earlier one may have sent: unanswered\n")
#endif
#ifdef NO_CONFIRMED_DETAILS
       :: /* an attempt that stalls before its details are taken sends when it wakes up */
          sft[e].late_addons++; make(e); answer = OK;
          printf("  the attempt stalls before its details reach the server; after a reset a second one makes ");
          printf("instance %d on E%d; then the first goes on and sends, too\n", got, E)
#endif
       fi
    fi
}

/* Once a request of ours may have been done, nobody can tell a stranger's activation from ours: see docs/model.md. */
inline reached_by_us(e) { sft[e].touched = 1; sft[e].undecidable = sft[e].strangers }

/* SFT takes a request for a state, and may carry it out later. */
inline late(e, wish) {
    if
    :: wish == ACTIVE -> sft[e].late_activations++
    :: wish != ACTIVE -> sft[e].late_suspensions++  /* no else: it may stand where it would be the outer choice's */
    fi
}

/* One attempt of a request for a state. ``prior`` is what SFT says that it was before. */
inline call_lifecycle(e, wish, prior) {
    prior = sft[e].status;
    if
    :: sft[e].status = wish; answer = OK; sft[e].touched = 1; printf("  SFT does it and answers\n")
    :: faults > 0 -> faults--;
       if
       :: answer = REFUSED; printf("  SFT refuses it\n")
       :: answer = NOT_SENT; printf("  certainly not sent: 429, or no connection\n")
       :: sft[e].status = wish; answer = UNANSWERED; reached_by_us(e);
          printf("  SFT does it, and the answer is lost or the worker dies\n")
       :: late(e, wish); answer = UNANSWERED; reached_by_us(e);
          printf("  no answer: SFT may do it late, or never got it\n")
       :: /* paused and unpaused, or reset, in mid-call */
          reached_by_us(e);
          if
          :: sft[e].status = wish; printf("  SFT does it; the attempt is paused before it can say so\n")
          :: late(e, wish); printf("  the attempt is paused while SFT has the request\n")
          fi;
#ifdef NO_HEARTBEAT_DETAILS
          prior = sft[e].status; sft[e].status = wish; answer = OK;
          printf("  unpaused, a second attempt sends it again: SFT answers what it was before\n")
#else
          answer = UNANSWERED;
          printf("  unpaused, the second attempt sees that an earlier one may have sent: unanswered\n")
#endif
       fi
    fi
}

/* A purchase signals its subscription. One that was terminated is started again first. */
inline reach(p, e, in_reach) {
    if
    :: is_mine(subs[e], p) -> in_reach = 1
    :: !is_mine(subs[e], p) && (subs[e].state == TERMINATED || subs[e].state == FAILED || subs[e].state == NO_RUN) ->
       start_sub(e, p); in_reach = 1;
       printf("P%d: subscription E%d has ended: starts it again\n", P, E)
    :: else ->
#ifdef NO_CLAIM
       in_reach = 1
#else
       in_reach = 0
#endif
    fi
}

inline fill_give_back(e, active_word, quarantine, doubt_count, seen_before, requests) {
    subs[e].message = GIVEN_BACK; subs[e].m_active = active_word; subs[e].m_quarantine = quarantine;
#ifdef NO_DOUBTS
    subs[e].m_doubts = 0; subs[e].m_before = 0; subs[e].m_unanswered = 0
#else
    subs[e].m_doubts = doubt_count; subs[e].m_before = (doubt_count -> seen_before : 0); subs[e].m_unanswered = requests
#endif
}

#define active_word(r) (r.is_active -> YES : (r.unanswered -> MAYBE : NO))

inline now_selling(p, e) {   /* ghost: what the traveler is promised */
    if
    :: runs[p].sold_on != NOBODY -> printf("P%d was sold already, on E%d\n", P, runs[p].sold_on + 1);
       BROKEN("BROKEN: doubled: a purchase was sold twice\n")
    :: else
    fi;
    if
    :: sft[e].strangers && !sft[e].undecidable -> BROKEN("BROKEN: shared: sold although a stranger had activated it\n")
    :: else
    fi;
    for (other : 0 .. PURCHASES - 1) {
        if
        :: other != p && runs[other].sold_on == e -> BROKEN("BROKEN: shared: one endpoint was sold to two travelers\n")
        :: else
        fi
    }
    runs[p].sold_on = e
}

/* Sets ``got`` to the number of the only bit that is set. */
inline number_of(mask) {
    got = (mask == 1 -> 0 : (mask == 2 -> 1 : (mask == 4 -> 2 : (mask == 8 -> 3 : (mask == 16 -> 4 :
          (mask == 32 -> 5 : (mask == 64 -> 6 : 7)))))))
}

#define is_sold(e) (subs[e].phase == SOLD || subs[e].phase == CLOSE || subs[e].closed || subs[e].message == HANDED_OVER)
#define sold_in_sub(p, e) \
    (subs[e].state != NO_RUN && subs[e].state != FAILED && subs[e].first == p && is_sold(e))
#ifdef NO_FIRST_PURCHASE_ID
#define recalled(p) runs[p].remembered
#elif ENDPOINTS > 1
#define recalled(p) (sold_in_sub(p, 0) || sold_in_sub(p, 1))
#else
#define recalled(p) (sold_in_sub(p, 0))
#endif
#ifdef NO_RECALL
#define recalled_if_first(p) false
#else
#define recalled_if_first(p) (runs[p].step == FIRST && recalled(p))
#endif
#define a_free(p, e) (sft[e].status == UNUSED && !(runs[p].avoid & bit_of(e)))

/* Nobody can have this one: its subscription quarantines it, and the purchase looks for another, unless cancelled. */
inline set_aside(p) {
    runs[p].bad = !runs[p].cancelled; runs[p].step = (runs[p].cancelled -> ACT_LOOK : GIVE_BACK)
}

proctype Purchase(byte p) {
end:
    do
    /* find: an earlier sale of this purchase */
#ifndef NO_RECALL
    :: atomic { runs[p].state == RUNNING && runs[p].step == FIRST && !runs[p].cancelled && recalled(p) ->
       printf("P%d: was sold before: that result stands\n", P);
       end_run(p, COMPLETED) }
#endif
    /* find: an eSIM that SFT lists as available */
    :: atomic { runs[p].state == RUNNING && (runs[p].step == FIRST || runs[p].step == FIND) && !runs[p].cancelled &&
                !recalled_if_first(p) && a_free(p, 0) ->
       runs[p].at = 0; runs[p].step = CLAIM; printf("P%d: finds E1\n", P) }
#if ENDPOINTS > 1
    :: atomic { runs[p].state == RUNNING && (runs[p].step == FIRST || runs[p].step == FIND) && !runs[p].cancelled &&
                !recalled_if_first(p) && a_free(p, 1) ->
       runs[p].at = 1; runs[p].step = CLAIM; printf("P%d: finds E2\n", P) }
#endif
    /* claim */
    :: atomic { runs[p].state == RUNNING && runs[p].step == CLAIM && !runs[p].cancelled ->
       ep = runs[p].at;
       if
#ifdef NO_CLAIM
       :: subs[ep].state == RUNNING || subs[ep].state == COMPLETED ->
          printf("P%d: claims E%d, which somebody has\n", P, EP); runs[p].step = ACTIVATE
#else
       :: subs[ep].state == RUNNING || subs[ep].state == COMPLETED ->
          printf("P%d: E%d is claimed by another, looks for the next\n", P, EP);
          runs[p].avoid = runs[p].avoid | bit_of(ep); runs[p].at = NOBODY; runs[p].step = FIND
#endif
#ifndef NO_HOLD_AFTER_TERMINATION
       :: subs[ep].state == TERMINATED ->
          printf("P%d: E%d had a subscription that was terminated, looks for the next\n", P, EP);
          runs[p].avoid = runs[p].avoid | bit_of(ep); runs[p].at = NOBODY; runs[p].step = FIND
#endif
       :: else ->
          start_sub(ep, p); runs[p].step = ACTIVATE; printf("P%d: claims E%d\n", P, EP);
#ifdef NO_WAIT_FOR_BUILD
          if
          :: true
          :: faults > 0 -> faults--; subs[ep].state = FAILED;
             printf("E%d: the older build cannot read its first state: the run fails\n", EP)
          fi
#endif
       fi }
    /* activate: sent */
    :: atomic { runs[p].state == RUNNING && runs[p].step == ACTIVATE && !runs[p].cancelled ->
       runs[p].step = ACT_CALL }
    /* activate: what came back */
    :: atomic { runs[p].state == RUNNING && runs[p].step == ACT_CALL ->
       ep = runs[p].at; printf("P%d: activates E%d\n", P, EP);
       call_lifecycle(ep, ACTIVE, prior);
       if
#ifdef NO_FINISHED
       :: runs[p].cancelled -> runs[p].step = ACT_LOOK  /* what came back is not heard */
       :: !runs[p].cancelled && answer == OK ->
#else
       :: answer == OK ->
#endif
          if
#ifdef NO_STRANGER_CHECK
          :: false -> skip
#else
          :: prior != UNUSED && runs[p].unanswered == 0 ->
             printf("P%d: E%d was active before: a stranger's\n", P, EP);
             runs[p].is_active = (prior == SUSPENDED); set_aside(p)
#endif
          :: else -> runs[p].is_active = 1; runs[p].step = LOOK
          fi
       :: answer == REFUSED -> set_aside(p)
       :: answer == NOT_SENT -> runs[p].step = ACT_LOOK
       :: answer == UNANSWERED -> runs[p].unanswered++; runs[p].step = ACT_LOOK
       fi }
    /* activate: look whether it was done */
    :: atomic { runs[p].state == RUNNING && runs[p].step == ACT_LOOK && !runs[p].cancelled ->
       ep = runs[p].at;
       if
       :: sft[ep].status == ACTIVE && runs[p].unanswered > 0 ->
          runs[p].unanswered--; runs[p].is_active = 1; runs[p].step = LOOK;
          printf("P%d: looks: E%d is active, by its own request\n", P, EP)
       :: else -> runs[p].step = ACTIVATE; printf("P%d: looks: to be requested again\n", P)
       fi }
    /* add-on: look */
    :: atomic { runs[p].state == RUNNING && runs[p].step == LOOK && !runs[p].cancelled ->
       ep = runs[p].at; runs[p].step = SEND;
#ifdef NO_LOOK
       runs[p].before = 0;
#else
       runs[p].before = sft[ep].on;
#endif
       printf("P%d: looks what is on E%d\n", P, EP) }
    /* add-on: send once */
    :: atomic { runs[p].state == RUNNING && runs[p].step == SEND && !runs[p].cancelled ->
       runs[p].doubts++; runs[p].step = ADD_CALL }
    /* add-on: what came back */
    :: atomic { runs[p].state == RUNNING && runs[p].step == ADD_CALL ->
       ep = runs[p].at; printf("P%d: sends SubscribeAddon for E%d\n", P, EP);
       call_subscribe(ep);
       if
       :: answer == OK && runs[p].cancelled -> runs[p].step = SEND  /* it remains a doubt: given back, it is removed */
       :: answer == OK && !runs[p].cancelled ->
          runs[p].doubts--; runs[p].instance = got; runs[p].step = HAND_OVER
       :: answer == REFUSED -> runs[p].doubts--; runs[p].step = GIVE_BACK
       :: answer == NOT_SENT ->
          runs[p].doubts--; runs[p].step = SEND;
          if
          :: runs[p].doubts == 0 -> runs[p].before = runs[p].before | sft[ep].on
          :: else
          fi
       :: answer == UNANSWERED ->
#ifdef NO_SETTLE
          runs[p].doubts--; runs[p].step = SEND
#else
          runs[p].step = SETTLE
#endif
       fi }
    /* add-on: settle */
    :: atomic { runs[p].state == RUNNING && runs[p].step == SETTLE && !runs[p].cancelled ->
       ep = runs[p].at; got = sft[ep].on & ~runs[p].before;
       if
       :: got != 0 -> runs[p].doubts--; number_of(lowest(got)); runs[p].instance = got; runs[p].step = HAND_OVER;
          printf("P%d: settles: instance %d is new on E%d, so it is ours\n", P, got, EP)
       :: else -> runs[p].step = SEND; printf("P%d: settles: nothing new on E%d in the settle window\n", P, EP)
       fi }
    /* cancelled: give back what is held */
    :: atomic { runs[p].state == RUNNING && runs[p].cancelled && runs[p].step < HAND_OVER &&
                runs[p].step != ACT_CALL && runs[p].step != ADD_CALL ->
       printf("P%d: is cancelled\n", P); runs[p].cancelled = 0;
       if
       :: runs[p].step <= CLAIM -> end_run(p, FAILED)
       :: else -> runs[p].step = GIVE_BACK; runs[p].bad = 0
       fi }
    /* hand over */
    :: atomic { runs[p].state == RUNNING && runs[p].step == HAND_OVER ->
       ep = runs[p].at; reach(p, ep, in_reach);
       if
       :: !in_reach -> printf("P%d: cannot reach a subscription of its own on E%d, and fails\n", P, EP);
          end_run(p, FAILED)
       :: in_reach ->
          printf("P%d: hands E%d over, with instance %d\n", P, EP, runs[p].instance);
          now_selling(p, ep);
          subs[ep].message = HANDED_OVER; subs[ep].m_instance = runs[p].instance; subs[ep].m_before = runs[p].before;
#ifdef NO_DOUBTS
          subs[ep].m_doubts = 0; subs[ep].m_unanswered = 0;
#else
          subs[ep].m_doubts = runs[p].doubts; subs[ep].m_unanswered = runs[p].unanswered;
#endif
          runs[p].step = DELIVER; runs[p].before = 0; runs[p].doubts = 0; runs[p].unanswered = 0; runs[p].is_active = 0;
          runs[p].avoid = 0
       fi }
    /* deliver */
    :: atomic { runs[p].state == RUNNING && runs[p].step == DELIVER ->
       printf("P%d: delivers, and completes\n", P); end_run(p, COMPLETED); runs[p].remembered = 1 }
    /* give back */
    :: atomic { runs[p].state == RUNNING && runs[p].step == GIVE_BACK ->
       ep = runs[p].at; reach(p, ep, in_reach);
       if
       :: !in_reach -> printf("P%d: cannot reach a subscription of its own on E%d, and fails\n", P, EP);
          end_run(p, FAILED)
       :: in_reach ->
          printf("P%d: gives E%d back\n", P, EP);
          fill_give_back(ep, active_word(runs[p]), runs[p].bad, runs[p].doubts, runs[p].before, runs[p].unanswered);
          if
          :: runs[p].bad ->  /* set aside: it looks for another eSIM */
             runs[p].avoid = runs[p].avoid | bit_of(ep); runs[p].at = NOBODY; runs[p].step = FIND
          :: else -> runs[p].step = AWAIT; runs[p].avoid = 0
          fi;
          runs[p].unanswered = 0; runs[p].is_active = 0; runs[p].before = 0; runs[p].doubts = 0; runs[p].bad = 0
       fi }
    /* given back: wait until that is cleaned up */
    :: atomic { runs[p].state == RUNNING && runs[p].step == AWAIT &&
                (!is_mine(subs[runs[p].at], p) || subs[runs[p].at].cleaned_up) ->
       printf("P%d: fails: nothing was sold\n", P); end_run(p, FAILED) }
    /* cancelled again */
    :: atomic { runs[p].state == RUNNING && (runs[p].step == GIVE_BACK || runs[p].step == AWAIT) && runs[p].cancelled &&
                !runs[p].bad ->
       runs[p].cancelled = 0;
#ifdef NO_SHIELD
       printf("P%d: is cancelled once more, and ends in the middle of giving back\n", P); end_run(p, FAILED)
#else
       printf("P%d: is cancelled once more, and goes on giving back\n", P)
#endif
       }
    od
}

#define fresh(e) (sft[e].on & ~(subs[e].before | known(e)))
#define fresh_for(e, seen) (sft[e].on & ~(seen | known(e)))
#ifdef NO_ACCOUNTED
#define known(e) 0
#else
#define known(e) subs[e].ours
#endif

/* SFT removes one instance. */
inline remove_one(e, mask) {
    got = lowest(mask); sft[e].on = sft[e].on & ~got; number_of(got);
    printf("E%d: removes instance %d, which SFT made late\n", E, got)
}

/* What may still come is watched for: what a purchase, a top-up or an order left in doubt. */
inline expect_addons(e, count, seen) {
#ifdef NO_ADDON_WATCH
    skip
#else
    if
    :: count > 0 ->
       subs[e].before = (subs[e].doubts -> subs[e].before : seen); subs[e].doubts = subs[e].doubts + count
    :: else
    fi
#endif
}

inline expect_requests(e, count) {
#ifdef NO_STATUS_WATCH
    skip
#else
    subs[e].requests = (subs[e].requests + count > 6 -> 6 : subs[e].requests + count)
#endif
}

inline end_sub(e, how) {
    subs[e].state = how; subs[e].doubts = 0; subs[e].before = 0; subs[e].requests = 0; subs[e].cleaned_up = 0;
    subs[e].was_active = 0; subs[e].owner = NOBODY; subs[e].owner_run = 0; subs[e].cancelled = 0; clear_message(e)
}

/* The top-up or the change that is under way is left as it is, and what it left in doubt is watched for. */
inline drop_what_is_under_way(e) {
    if
    :: subs[e].topup == SENDING || subs[e].topup == SETTLING ->
       expect_addons(e, subs[e].t_doubts, subs[e].t_before);
       subs[e].topup = NOT_SOLD; subs[e].t_doubts = 0; subs[e].t_before = 0
    :: else
    fi;
    if
    :: subs[e].change != NONE -> expect_requests(e, subs[e].c_unanswered)
    :: else
    fi;
    subs[e].change = NONE; subs[e].c_unanswered = 0; subs[e].order = NONE; subs[e].why = NONE; subs[e].wanted = UNUSED
}

inline close_it(e) {
    subs[e].closed = 1; subs[e].status = SUSPENDED; subs[e].phase = OUTLAST; subs[e].cancelled = 0;
    subs[e].meant_to_end = 0;
    if
    :: subs[e].topup == QUEUED -> subs[e].topup = NOT_SOLD
    :: else
    fi;
    printf("E%d: is closed\n", E)
}

inline finish_change(e, worked) {
    if
#ifdef NO_UNDO_WATCH
    :: subs[e].why == BY_WATCH -> skip  /* what putting right left unanswered is forgotten */
#endif
    :: else -> expect_requests(e, subs[e].c_unanswered)
    fi;
    if
#ifndef NO_UNDO_KEPT
    :: subs[e].why == BY_WATCH && !worked -> expect_requests(e, 1)  /* not put right yet: it stays watched */
#endif
    :: subs[e].why == BY_ORDER && worked -> subs[e].status = subs[e].wanted;
       printf("E%d: the order is carried out\n", E);
       if
       :: subs[e].order == CLOSE_IT -> close_it(e)
       :: else
       fi
    :: else
    fi;
    if
    :: subs[e].why == BY_ORDER -> subs[e].order = NONE
    :: else
    fi;
    subs[e].change = NONE; subs[e].c_unanswered = 0; subs[e].why = NONE; subs[e].wanted = UNUSED
}

inline top_up_is_done(e) {
    if
    :: subs[e].t_sold -> BROKEN("BROKEN: doubled: a top-up was bought once and provisioned twice\n")
    :: subs[e].ours & bit_of(got) -> BROKEN("BROKEN: lost: two purchases have one instance\n")
    :: else
    fi;
    subs[e].ours = subs[e].ours | bit_of(got);
    printf("E%d: the top-up is instance %d\n", E, got);
    expect_addons(e, subs[e].t_doubts, subs[e].t_before);
    subs[e].topup = DONE; subs[e].t_sold = 1; subs[e].t_doubts = 0; subs[e].t_before = 0
}

#define in_phase(e, what) (subs[e].state == RUNNING && subs[e].phase == what)
#define at_work(e) (subs[e].topup == SENDING || subs[e].topup == CALLING || subs[e].topup == SETTLING)
#define is_idle(e) (in_phase(e, SOLD) && !subs[e].cancelled && !at_work(e) && subs[e].change == NONE)
#define topup_is_ready(e) (subs[e].topup == QUEUED && subs[e].status == ACTIVE)

proctype Subscription(byte e) {
end:
    do
    /* reads the hand-over */
    :: atomic { in_phase(e, SELLING) && subs[e].message == HANDED_OVER ->
       printf("E%d: is sold\n", E);
       subs[e].phase = SOLD; subs[e].status = ACTIVE; subs[e].ours = bit_of(subs[e].m_instance);
       expect_addons(e, subs[e].m_doubts, subs[e].m_before);
       expect_requests(e, subs[e].m_unanswered);
#ifdef NO_CANCEL_MEMORY
       subs[e].cancelled = 0;
#endif
       clear_message(e); subs[e].owner = NOBODY; subs[e].owner_run = 0 }
    /* reads that it was given back */
    :: atomic { in_phase(e, SELLING) && subs[e].message == GIVEN_BACK ->
       printf("E%d: is given back, cleans up\n", E); subs[e].message = NONE; subs[e].phase = UNDO }
#ifdef NO_CLAIM
    /* a message from somebody who claimed what another has */
    :: atomic { subs[e].message != NONE && subs[e].phase != SELLING ->
       clear_message(e); printf("E%d: ignores a message of a purchase that is not its own\n", E) }
#endif
#ifdef NO_WAIT_FOR_BUILD
    /* the older build has the message first */
    :: atomic { in_phase(e, SELLING) && subs[e].message != NONE && faults > 0 ->
       faults--; clear_message(e); printf("E%d: the older build cannot read the message, and drops it\n", E) }
#endif
#ifndef NO_WATCHDOG
    /* owner watchdog: the run that claimed it is over, without a word */
    :: atomic { in_phase(e, SELLING) && subs[e].message == NONE && !alive(subs[e]) ->
       if
#ifndef NO_ADOPTION
       :: runs[subs[e].owner].state == COMPLETED && runs[subs[e].owner].sold_on == e ->
          printf("E%d: its purchase completed: adopts the sale from its result\n", E);
          subs[e].phase = SOLD; subs[e].status = ACTIVE; subs[e].ours = bit_of(runs[subs[e].owner].instance);
          subs[e].owner = NOBODY; subs[e].owner_run = 0
#endif
       :: else ->
          printf("E%d: its purchase is over without a word: gives it back itself\n", E);
          subs[e].phase = UNDO; subs[e].m_active = MAYBE;
#ifdef NO_OWNER_WATCH
          subs[e].m_unanswered = 0
#else
          subs[e].m_unanswered = UNKNOWN_MANY
#endif
       fi }
#endif
    /* cleaning up: suspend what may be active */
    :: atomic { in_phase(e, UNDO) ->
       if
       :: subs[e].m_active != NO && sft[e].status == ACTIVE ->
          if
          :: subs[e].m_active == MAYBE && subs[e].m_unanswered > 0 -> subs[e].m_unanswered--
          :: else
          fi;
          subs[e].m_active = YES; subs[e].was_active = 1;
#ifdef NO_SUSPEND
          subs[e].phase = REMOVE
#else
          printf("E%d: is active: suspends it\n", E); call_lifecycle(e, SUSPENDED, prior);
          if
          :: answer == OK -> subs[e].phase = REMOVE
          :: else  /* Temporal tries again */
          fi
#endif
       :: else ->
          subs[e].was_active = subs[e].was_active || (subs[e].m_active != NO && sft[e].status == SUSPENDED);
          subs[e].phase = REMOVE
       fi }
    /* cleaning up: remove what was put on it; then watch */
    :: atomic { in_phase(e, REMOVE) ->
       if
       :: subs[e].m_doubts > 0 && fresh_for(e, subs[e].m_before) ->
          remove_one(e, fresh_for(e, subs[e].m_before)); subs[e].m_doubts--
       :: else ->
          expect_addons(e, subs[e].m_doubts, subs[e].m_before); expect_requests(e, subs[e].m_unanswered);
          kept = subs[e].m_quarantine; clear_message(e); subs[e].m_quarantine = kept;
          subs[e].cleaned_up = 1; subs[e].phase = OUTLAST
       fi }
    /* watch, of what is not in use: removes what comes late, suspends what is activated late */
    :: atomic { in_phase(e, OUTLAST) && subs[e].doubts > 0 && fresh(e) ->
       remove_one(e, fresh(e)); subs[e].doubts-- }
    :: atomic { in_phase(e, OUTLAST) && subs[e].requests > 0 && sft[e].status == ACTIVE ->
       printf("E%d: was activated late: suspends it\n", E); subs[e].was_active = 1;
       call_lifecycle(e, SUSPENDED, prior);
       if
       :: answer == OK -> subs[e].requests--
       :: else
       fi }
    /* watch: nothing can come any more */
    :: atomic { in_phase(e, OUTLAST) &&
                (subs[e].doubts == 0 || (sft[e].late_addons == 0 && !fresh(e))) &&
                (subs[e].requests == 0 || (sft[e].late_activations == 0 && sft[e].status != ACTIVE)) ->
       if
       :: subs[e].closed -> printf("E%d: ends, closed\n", E); end_sub(e, COMPLETED)
       :: !subs[e].closed && (subs[e].m_quarantine || subs[e].was_active) ->
          printf("E%d: ends, quarantined\n", E); end_sub(e, COMPLETED)
       :: else -> printf("E%d: ends, released\n", E); end_sub(e, FAILED)
       fi }
    /* top-up: look */
    :: atomic { is_idle(e) && subs[e].order == NONE && topup_is_ready(e) ->
       printf("E%d: looks what is on it, for the top-up\n", E);
#ifdef NO_LOOK
       subs[e].t_before = 0;
#else
       subs[e].t_before = sft[e].on | known(e);
#endif
       subs[e].topup = SENDING }
    /* top-up: send once */
    :: atomic { in_phase(e, SOLD) && !subs[e].cancelled && subs[e].topup == SENDING ->
       subs[e].t_doubts++; subs[e].topup = CALLING }
    /* top-up: what came back */
    :: atomic { in_phase(e, SOLD) && subs[e].topup == CALLING ->
       printf("E%d: sends SubscribeAddon for the top-up\n", E); call_subscribe(e);
       if
       :: answer == OK && subs[e].cancelled -> subs[e].topup = SENDING  /* it remains a doubt: closing removes it */
       :: answer == OK && !subs[e].cancelled -> subs[e].t_doubts--; top_up_is_done(e)
       :: answer == REFUSED -> subs[e].t_doubts--; expect_addons(e, subs[e].t_doubts, subs[e].t_before);
          subs[e].topup = NOT_SOLD; subs[e].t_doubts = 0; subs[e].t_before = 0
       :: answer == NOT_SENT -> subs[e].t_doubts--; subs[e].topup = SENDING;
          if
          :: subs[e].t_doubts == 0 -> subs[e].t_before = subs[e].t_before | sft[e].on
          :: else
          fi
       :: answer == UNANSWERED ->
#ifdef NO_SETTLE
          subs[e].t_doubts--; subs[e].topup = SENDING
#else
          subs[e].topup = SETTLING
#endif
       fi }
    /* top-up: settle */
    :: atomic { in_phase(e, SOLD) && !subs[e].cancelled && subs[e].topup == SETTLING ->
       got = sft[e].on & ~subs[e].t_before;
       if
       :: got != 0 -> number_of(lowest(got)); printf("E%d: settles: instance %d is new, so it is ours\n", E, got);
          subs[e].t_doubts--; top_up_is_done(e)
       :: else -> printf("E%d: settles: nothing new in the settle window\n", E); subs[e].topup = SENDING
       fi }
    /* order: begin */
    :: atomic { is_idle(e) && subs[e].order != NONE ->
       subs[e].wanted = (subs[e].order == RESUME -> ACTIVE : SUSPENDED);
       subs[e].why = BY_ORDER; subs[e].c_unanswered = 0; subs[e].change = SENDING }
    /* change of the life cycle: send once */
    :: atomic { in_phase(e, SOLD) && !subs[e].cancelled && subs[e].change == SENDING -> subs[e].change = CALLING }
    /* change of the life cycle: what came back */
    :: atomic { in_phase(e, SOLD) && subs[e].change == CALLING ->
       if
       :: subs[e].wanted == ACTIVE -> printf("E%d: requests that it is active\n", E)
       :: else -> printf("E%d: requests that it is suspended\n", E)
       fi;
       call_lifecycle(e, subs[e].wanted, prior);
       if
       :: answer == OK -> finish_change(e, 1)
       :: answer == REFUSED -> finish_change(e, 0)
       :: answer == NOT_SENT -> subs[e].change = SETTLING
       :: answer == UNANSWERED -> subs[e].c_unanswered++; subs[e].change = SETTLING
       fi }
    /* change of the life cycle: look whether it was done */
    :: atomic { in_phase(e, SOLD) && !subs[e].cancelled && subs[e].change == SETTLING ->
       if
       :: sft[e].status == subs[e].wanted ->
          subs[e].c_unanswered = (subs[e].c_unanswered -> subs[e].c_unanswered - 1 : 0);
          printf("E%d: looks: it is so\n", E); finish_change(e, 1)
       :: else -> subs[e].change = SENDING; printf("E%d: looks: to be requested again\n", E)
       fi }
    /* watch, of what is in use: removes what comes late */
    :: atomic { is_idle(e) && subs[e].order == NONE && !topup_is_ready(e) && subs[e].doubts > 0 && fresh(e) ->
       remove_one(e, fresh(e)); subs[e].doubts-- }
    :: atomic { is_idle(e) && subs[e].order == NONE && !topup_is_ready(e) && subs[e].doubts > 0 && !fresh(e) &&
                sft[e].late_addons == 0 -> subs[e].doubts = 0; subs[e].before = 0 }
    /* watch, of what is in use: puts its state right */
    :: atomic { is_idle(e) && subs[e].order == NONE && !topup_is_ready(e) && subs[e].requests > 0 &&
                sft[e].status != subs[e].status ->
       printf("E%d: is not in the state that it should be in: puts it right\n", E);
       subs[e].requests--; subs[e].wanted = subs[e].status; subs[e].why = BY_WATCH; subs[e].c_unanswered = 0;
       subs[e].change = SENDING }
    :: atomic { is_idle(e) && subs[e].order == NONE && !topup_is_ready(e) && subs[e].requests > 0 &&
                sft[e].status == subs[e].status && sft[e].late_activations == 0 && sft[e].late_suspensions == 0 ->
       subs[e].requests = 0 }
    /* cancelled: closes */
    :: atomic { in_phase(e, SOLD) && subs[e].cancelled && subs[e].topup != CALLING && subs[e].change != CALLING ->
       printf("E%d: is cancelled, closes\n", E); drop_what_is_under_way(e); subs[e].phase = CLOSE }
    :: atomic { in_phase(e, CLOSE) ->
       printf("E%d: suspends it for good\n", E); call_lifecycle(e, SUSPENDED, prior);
       if
       :: answer == OK -> close_it(e)
       :: else  /* Temporal tries again */
       fi }
    od
}


/* What SFT took and did not answer, it does late, or never. */
proctype Sft(byte e) {
end:
    do
    :: atomic { sft[e].late_addons > 0 -> sft[e].late_addons--;
       if
       :: make(e); printf("SFT, late: instance %d appears on E%d\n", got, E)
       :: printf("SFT never makes it (E%d)\n", E)
       fi }
    :: atomic { sft[e].late_activations > 0 -> sft[e].late_activations--;
       if
       :: sft[e].status = ACTIVE; printf("SFT, late: E%d is active\n", E)
       :: printf("SFT never activates it (E%d)\n", E)
       fi }
    :: atomic { sft[e].late_suspensions > 0 -> sft[e].late_suspensions--;
       if
       :: sft[e].status = SUSPENDED; printf("SFT, late: E%d is suspended\n", E)
       :: printf("SFT never suspends it (E%d)\n", E)
       fi }
#ifdef STRANGERS
    :: atomic { hands > 0 && sft[e].status == UNUSED && !sft[e].touched -> hands--;
       sft[e].status = ACTIVE; sft[e].strangers = 1; printf("A stranger activates E%d\n", E) }
#endif
    od
}

/* What portals, operators and Temporal itself do to a purchase. */
proctype HandsOnPurchase(byte p) {
end:
    do
#ifdef CANCELS
    :: atomic { hands > 0 && runs[p].state == RUNNING && !runs[p].cancelled -> hands--;
       runs[p].cancelled = 1; printf("Somebody cancels P%d\n", P) }
#endif
#ifdef KILLS
    :: atomic { hands > 0 && runs[p].state == RUNNING -> hands--;
       printf("An operator terminates P%d\n", P);
       ep = runs[p].at;
       if
       :: runs[p].step >= SEND && runs[p].step <= GIVE_BACK -> sft[ep].dirty = 1
       :: else
       fi;
       if
       :: runs[p].step == ACT_CALL -> late(ep, ACTIVE); sft[ep].touched = 1;
          printf("  its request is still on its way\n")
       :: runs[p].step == ADD_CALL -> sft[ep].late_addons++; printf("  its request is still on its way\n")
       :: else
       fi;
       end_run(p, TERMINATED) }
#endif
#ifdef REPEATS
    :: atomic { hands > 0 && runs[p].state == COMPLETED -> hands--;
       runs[p].state = FORGOTTEN; runs[p].remembered = 0;
       printf("Temporal forgets the run of P%d: its retention is over\n", P) }
    :: atomic { hands > 0 && runs[p].state != RUNNING && runs[p].number == 0 -> hands--;
       runs[p].number = 1; start_run(p); printf("The portal starts P%d again\n", P) }
#endif
    :: false -> skip
    od
}

/* What portals and operators do to a subscription. */
proctype HandsOnSubscription(byte e) {
end:
    do
    :: atomic { TOPUPS > 0 && in_phase(e, SOLD) && !subs[e].cancelled && subs[e].topup == NONE ->
       subs[e].topup = QUEUED; printf("A top-up is bought for E%d\n", E) }
#ifdef REPEATS
    :: atomic { hands > 0 && in_phase(e, SOLD) && !subs[e].cancelled && subs[e].topup == NOT_SOLD -> hands--;
       subs[e].topup = QUEUED; printf("The top-up that failed is bought again for E%d\n", E) }
    :: atomic { hands > 0 && in_phase(e, SOLD) && !subs[e].cancelled && subs[e].topup == DONE -> hands--;
       printf("The top-up is delivered once more for E%d\n", E);
#ifdef NO_DEDUP
       subs[e].topup = QUEUED
#endif
       }
#endif
#ifdef CANCELS
    :: atomic { hands > 0 && subs[e].state == RUNNING && !subs[e].cancelled && !subs[e].closed -> hands--;
       printf("Somebody cancels the subscription of E%d\n", E); subs[e].meant_to_end = 1;
       subs[e].cancelled = (subs[e].phase == SELLING || subs[e].phase == SOLD) }
#endif
#ifdef ORDERS
    :: atomic { hands > 0 && in_phase(e, SOLD) && !subs[e].cancelled && subs[e].order == NONE -> hands--;
       if
       :: subs[e].status == ACTIVE -> subs[e].order = SUSPEND; printf("E%d is ordered to be suspended\n", E)
       :: subs[e].status == SUSPENDED -> subs[e].order = RESUME; printf("E%d is ordered to be resumed\n", E)
       :: subs[e].order = CLOSE_IT; printf("E%d is ordered to be closed\n", E)
       fi }
#endif
#ifdef KILLS
    :: atomic { hands > 0 && subs[e].state == RUNNING -> hands--;
       subs[e].state = TERMINATED; printf("An operator terminates the subscription of E%d\n", E);
       if
       :: subs[e].topup == CALLING -> sft[e].late_addons++; printf("  its request is still on its way\n")
       :: subs[e].change == CALLING -> late(e, subs[e].wanted); printf("  its request is still on its way\n")
       :: else
       fi }
    /* restore: it goes on from its last state; what was under way is settled as unanswered */
    :: atomic { subs[e].state == TERMINATED ->
       subs[e].state = RUNNING; printf("An operator restores the subscription of E%d\n", E);
       if
       :: subs[e].topup == CALLING ->
#ifdef NO_SETTLE_AT_RESTORE
          subs[e].t_doubts--; subs[e].topup = SENDING
#else
          subs[e].topup = SETTLING
#endif
       :: subs[e].change == CALLING -> subs[e].c_unanswered++; subs[e].change = SETTLING
       :: else
       fi }
#endif
    :: false -> skip
    od
}

/* When nothing can move any more, everything that was promised has to be true. */
inline judge_endpoint(e) {
    if
    :: sft[e].undecidable  /* it was taken for ours, and what it does next is a stranger's doing */
    :: !sft[e].undecidable && subs[e].state == RUNNING && subs[e].phase == SOLD ->
       if
       :: subs[e].meant_to_end -> BROKEN("BROKEN: dangling: it was cancelled, and is still in use\n")
       :: subs[e].message != NONE || subs[e].order != NONE || at_work(e) || topup_is_ready(e) ->
          BROKEN("BROKEN: lost: what was accepted is not done\n")
       :: subs[e].status == ACTIVE && sft[e].status != ACTIVE ->
          BROKEN("BROKEN: lost: a sold eSIM is suspended at SFT\n")
       :: subs[e].status == SUSPENDED && sft[e].status == ACTIVE ->
          BROKEN("BROKEN: dangling: an eSIM that was suspended is active at SFT\n")
       :: else
       fi
    :: !sft[e].undecidable && subs[e].state == RUNNING && subs[e].phase == SELLING && !alive(subs[e]) ->
       BROKEN("BROKEN: dangling: claimed, and its purchase is over\n")
    :: !sft[e].undecidable && subs[e].state == RUNNING && subs[e].phase != SELLING && subs[e].phase != SOLD ->
       BROKEN("BROKEN: lost: it is not cleaned up\n")
    :: !sft[e].undecidable && subs[e].state != RUNNING && sft[e].status == ACTIVE && !sft[e].strangers ->
       BROKEN("BROKEN: dangling: active at SFT, and nobody's\n")
    :: else
    fi;
    if
    :: subs[e].ours & ~sft[e].on -> BROKEN("BROKEN: lost: an add-on that was sold is not on the endpoint\n")
    :: (sft[e].on & ~subs[e].ours) && !sft[e].dirty ->
       BROKEN("BROKEN: doubled: an instance that nobody bought is on an endpoint\n")
    :: else
    fi
}

inline judge_purchase(p) {
    if
    :: runs[p].state == RUNNING && runs[p].step > FIND -> BROKEN("BROKEN: lost: a purchase is stuck\n")
    :: else
    fi;
    ep = runs[p].sold_on;
    if
    :: ep == NOBODY
    :: ep != NOBODY ->
       if
       :: !(subs[ep].first == p && (subs[ep].phase == SOLD || subs[ep].closed)) ->
          BROKEN("BROKEN: lost: an eSIM was sold, and its subscription does not know it\n")
       :: else
       fi;
       if
       :: !(subs[ep].ours & bit_of(runs[p].instance)) -> BROKEN("BROKEN: lost: the add-on of a sale belongs to nobody\n")
       :: !subs[ep].closed && !subs[ep].code && !runs[p].remembered ->
          BROKEN("BROKEN: forgotten: the activation code of a sold eSIM cannot be had any more\n")
       :: else
       fi
    fi
}

init {
    byte i;
    atomic {
        for (i : 0 .. PURCHASES - 1) {
            runs[i].sold_on = NOBODY; start_run(i); run Purchase(i); run HandsOnPurchase(i)
        }
        for (i : 0 .. ENDPOINTS - 1) { run Subscription(i); run Sft(i); run HandsOnSubscription(i) }
        i = 0
    }
    timeout ->
    atomic {
        for (i : 0 .. PURCHASES - 1) { judge_purchase(i) }
        for (i : 0 .. ENDPOINTS - 1) { judge_endpoint(i) }
    }
}
