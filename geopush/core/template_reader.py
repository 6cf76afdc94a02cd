"""Reading what python-liquid parsed, fail-closed: what has no row here is refused."""

from collections.abc import Collection, Iterable, Sequence

from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import (
    BooleanExpression,
    FilteredExpression,
    Nil,
    Path,
    logical,
    primitive,
)
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.filtered import Filter as LiquidFilter
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression

from geopush.core.field import kind_of, known_fields
from geopush.core.filter import ARGUMENTS, takes
from geopush.core.phrase import (
    Blank,
    Both,
    Branch,
    Choice,
    Comparison,
    Constant,
    Denial,
    Either,
    Field,
    Filter,
    Operand,
    Output,
    Phrase,
    Question,
    Text,
    Truth,
)
from geopush.core.problems import note_unknown, quoted
from zones import Problem

MOST_FILTERS = 10
MOST_NODES = 300
DEEPEST = 16
ROOTS = ("attributes", "customer", "offer", "weather", "zone", "zone.metadata")
_COMPARISONS: dict[type[Expression], str] = {
    logical.EqExpression: "==",
    logical.NeExpression: "!=",
    logical.LtExpression: "<",
    logical.LeExpression: "<=",
    logical.GtExpression: ">",
    logical.GeExpression: ">=",
}
_CONSTANTS = (
    primitive.StringLiteral,
    primitive.IntegerLiteral,
    primitive.FloatLiteral,
    primitive.TrueLiteral,
    primitive.FalseLiteral,
)
ALLOWED = "allowed are {{ outputs }}, if, unless, case and the filters " + quoted(
    sorted(ARGUMENTS)
)


class Reading:
    """One walk over what python-liquid read; whatever has no row here is refused.

    ``nodes`` is how many parts it had: outputs, filters, questions and operands.
    """

    def __init__(
        self, path: str, problems: list[Problem], last: tuple[Filter, ...]
    ) -> None:
        self._path = path
        self._problems = problems
        self._last = last
        self.nodes = 0

    def phrases(self, nodes: Iterable[Node]) -> tuple[Phrase, ...]:
        """Read the parts of a text."""
        return tuple(self._phrase(node) for node in nodes)

    def _phrase(self, node: Node) -> Phrase:
        self.nodes += 1
        match node:
            case ContentNode(text=text):
                return Text(text)
            case OutputNode(expression=FilteredExpression() as expression):
                return self._output(expression)
            case IfNode():
                return Choice(self._branches(node, self._question(node.condition)))
            case UnlessNode():
                denied = Denial(self._question(node.condition))
                return Choice(self._branches(node, denied))
            case CaseNode():
                return self._case(node)
            case _:
                self._refuse(str(node))
                return Text("")

    def _output(self, expression: FilteredExpression) -> Output:
        filters = expression.filters or []
        if len(filters) > MOST_FILTERS:
            text = f"has {len(filters)} filters in a row; at most {MOST_FILTERS}"
            self._note("template_too_long", text)
        steps = tuple(self._filter(one) for one in filters[:MOST_FILTERS])
        return Output(self._operand(expression.left), (*steps, *self._last))

    def _filter(self, step: LiquidFilter) -> Filter:
        self.nodes += 1
        if step.name not in ARGUMENTS:
            self._note_unknown("filter", step.name, ARGUMENTS)
            return Filter("strip")
        arguments = tuple(
            self._operand(one.value)
            for one in step.args
            if isinstance(one, PositionalArgument)
        )
        constants = [
            one.value if isinstance(one, Constant) else None for one in arguments
        ]
        if len(arguments) < len(step.args) or not takes(step.name, constants):
            text = f'"{step.name}" takes {ARGUMENTS[step.name]}'
            self._note("template_wrong_argument", text)
        return Filter(step.name, arguments)

    def _branches(
        self, node: IfNode | UnlessNode, first: Question
    ) -> tuple[Branch, ...]:
        branches = [Branch(first, self._block(node.consequence))]
        branches += [
            Branch(self._question(one.expression), self._block(one.block))
            for one in node.alternatives
        ]
        if node.default is not None:
            branches.append(Branch(None, self._block(node.default)))
        return tuple(branches)

    def _case(self, node: CaseNode) -> Choice:
        asked = self._operand(node.expression)
        branches = []
        for block in node.blocks:
            if isinstance(block, MultiExpressionBlockNode):
                question = self._any_of(asked, block.expression.expressions)
                branches.append(Branch(question, self._block(block.block)))
            else:
                branches.append(Branch(None, self._block(block)))
        if any(one.question is None for one in branches[:-1]):
            self._note("template_syntax", 'has something after the "else" of a case')
        return Choice(tuple(branches))

    def _block(self, block: BlockNode) -> tuple[Phrase, ...]:
        return self.phrases(block.nodes)

    def _any_of(self, asked: Operand, wanted: Sequence[Expression]) -> Question:
        questions: list[Question] = [
            Comparison(asked, "==", self._operand(one)) for one in wanted[:DEEPEST]
        ]
        if len(wanted) > DEEPEST:
            self._note("template_too_long", f"compares more than {DEEPEST} values")
        whole = questions[0]
        for one in questions[1:]:
            whole = Either(whole, one)
        return whole

    def _question(self, expression: Expression, depth: int = 1) -> Question:
        self.nodes += 1
        if depth > DEEPEST:
            self._note("template_too_long", f"joins more than {DEEPEST} comparisons")
            return Truth(Constant(True))
        match expression:
            case BooleanExpression(expression=inner):
                return self._question(inner, depth)
            case logical.LogicalAndExpression(left=left, right=right):
                return Both(
                    self._question(left, depth + 1), self._question(right, depth + 1)
                )
            case logical.LogicalOrExpression(left=left, right=right):
                return Either(
                    self._question(left, depth + 1), self._question(right, depth + 1)
                )
            case _ if type(expression) in _COMPARISONS:
                left, right = expression.children()
                operator = _COMPARISONS[type(expression)]
                return Comparison(self._operand(left), operator, self._operand(right))
            case _:
                return Truth(self._operand(expression))

    def _operand(self, expression: Expression) -> Operand:
        self.nodes += 1
        match expression:
            case Path():
                return self._field(expression)
            case Nil():
                return Constant(None)
            case primitive.Blank() | primitive.Empty():
                return Blank()
            case _ if isinstance(expression, _CONSTANTS):
                return Constant(expression.value)
            case _:
                self._refuse(str(expression))
                return Constant(None)

    def _field(self, path: Path) -> Field:
        name = ".".join(part for part in path.path if isinstance(part, str))
        plain = all(isinstance(part, str) for part in path.path)
        if not plain or kind_of(name, ROOTS) is None:
            self._note_unknown("field", str(path), known_fields(ROOTS))
        return Field(name)

    def _note_unknown(self, what: str, word: str, known: Collection[str]) -> None:
        code = f"template_unknown_{what}"
        note_unknown(self._problems, self._path, code, what, word, known)

    def _refuse(self, what: str) -> None:
        text = f'"{what[:60]}" is not allowed here; {ALLOWED}'
        self._note("template_not_allowed", text)

    def _note(self, code: str, text: str) -> None:
        self._problems.append(Problem(self._path, code, text))
