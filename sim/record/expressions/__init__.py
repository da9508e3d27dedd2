"""The one grammar of outcomes and of conditions on them: read, checked for types, worked out, and never run as code.

    truce@2026-06-01                                     is a truce in force on 1 June
    first(sdf_share < 0.1)                               the day the SDF's share first fell below a tenth
    days(campaign == halted, 2026-01-20, 2026-02-20)     evenings between the two on which the offensive stood halted
    max(displaced_aleppo + displaced_hasakah) / 1000     thousands displaced on the worst evening
    truce_broken_on < 2026-03-01 or never                as in --where: broken before March, or not broken at all
    deal_terms == units and not truce_extended == no

An expression is, from what binds least to what binds most:

    A or B                 yes or no of yes or no
    A and B
    not A
    A < B  <=  >  >=  ==  =  !=     two numbers, or two dates; == (or =) and != also two answers, or a category and its name
    DATES or never         after a comparison of dates: it holds also where a date of it did not come
    A + B, A - B           numbers of one unit; a date and a number of days; a date less a date is a number of days
    A * B, A / B           numbers
    -A, +A                 numbers
    12, 0.5, 1e6           a number
    2026-02-02             a date
    yes no true false      an answer
    never                  with == and != of a date: it did not come
    NAME                   an outcome of each run, of the program's own or of the file's, above this one
    SERIES@2026-02-02      a daily series on the evening of a day
    min(S) max(S) mean(S) sum(S)      of the evenings of a series; each with a window: min(S, 2026-01-20, 2026-02-02)
    change(S)              its last evening less its first, of the run or of the window
    days(C)                number of evenings on which a condition on series holds; days(C, from, to) those of a window
    first(C)               the first such evening, a date; first(C, from, to)
    (A)                    what stands in brackets binds first

Between the brackets of the seven functions a name is that of a series, where there is one, and else of an outcome; anywhere
else it is that of an outcome. S and C may reckon with several series, with numbers and with outcomes: each evening of each
run is worked out by itself. From and to are dates, both included; quotes around a date, a number or a name are allowed.

Types. A number has a unit; + and - and comparisons of two numbers refuse two different ones (persons and tonnes), where "1",
a share and a bare number go with any. * and / make the unit of the result, as in persons/days. A date is none of these, and
yes is no number: what does not fit is an error. Series of 0 and 1 are answers, series of codes are categories.

What is missing. A number, an answer or a category may not arise in a run (deal_terms without a deal), and a date may not
arise either (the day a truce broke, without a truce), or arise and not come within the days simulated: never.
- Reckoning or comparing with what does not arise does not arise. So does a division by 0, and the days between two dates of
  which one did not come. A date that did not come, plus or less a number of days, is one that did not come.
- A date that did not come is neither before, on nor after another, nor on another day than it: each comparison is no. It is
  `never`; only `X == never`, `X != never` and `or never` speak of it.
- `A or B` is yes where one is yes, `A and B` no where one is no, whatever the other is; else it does not arise where one
  does not.
- A function is taken over the evenings of the window on which its series or condition arises, and does not arise where there
  is none; `change` asks for the first and the last. `first` is never where no such evening meets it.
- Outside of the days simulated, a series on a day, a window that begins before or ends after them, and the comparison of a
  date with such a day do not arise in any run. In --where such a day is an error.
- --where chooses the runs in which its answer is yes. There a date whose question did not arise counts as one that did not
  come. It names series too, where results keep these of every run; else an outcome is defined for what it asks of them.

An error is one line that says the column, and the near miss: "column 1: sdf_shar is not a series or outcome; did you mean
sdf_share?". An expression has at most 2,000 letters, 400 words and signs, and 40 brackets, minuses and nots within each
other.
"""
