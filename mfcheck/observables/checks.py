"""What a network of one's own is checked for before an audit: what raises a check, what that means, what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """What a pre-flight check is raised by, what that means, and what to do."""

    raised_if: str
    means: str
    do: str

    def sentence(self, found: str) -> str:
        return f"{found}: {self.means}; {self.do}"


CHECKS = {
    "factory": Check(
        "the factory raises, or returns something else than an nn.Module",
        "there is no network to look at",
        "return an nn.Module from factory(spec, generator)",
    ),
    "shape": Check(
        "a module maps [B, input_dim] to something else than [B, output_dim], or raises",
        "it is not the network that the spec asks for",
        "use the sizes of the spec, and keep the dimension of the batch, also of one input and of one output",
    ),
    "output": Check(
        "a module returns something else than one tensor",
        "there is no f(x)",
        "return the outputs of its last layer alone, in no tuple and no dict",
    ),
    "declarations": Check(
        "a declared ω or variance cannot be, or names a parameter that there is not",
        "the audit would compare with nothing, and find nothing wrong",
        "declare positive numbers, and parameters by their names in the module",
    ),
    "dtype": Check(
        "a parameter or an output is not float32",
        "the roundings that verdicts allow for are those of float32",
        "create parameters in torch's default dtype and leave it there",
    ),
    "numbers": Check(
        "a parameter or buffer holds no numbers in memory of its own, as on torch's meta device, or only some of them",
        "nothing can be measured",
        "make dense tensors, on the CPU",
    ),
    "finite": Check(
        "an output is NaN or infinite",
        "nothing can be measured",
        "check the variances of the layers",
    ),
    "deterministic": Check(
        "two passes of one network at one input differ",
        "the network is random beyond its draw (dropout, say), and statements are about one draw",
        "return module.eval(), or leave that layer out",
    ),
    "seeded": Check(
        "two networks from one state of the generator differ",
        "random numbers come from elsewhere than the generator, so that no run can be repeated",
        "draw every random number with generator=generator, or from torch's own global generator",
    ),
    "drawn": Check(
        "networks from two seeds are equal",
        "the weights are not drawn at all",
        "draw the weights with generator=generator",
    ),
    "alike": Check(
        "two networks drawn one after the other from one generator are equal",
        "a sample of networks holds the same one many times over",
        "draw from the generator, which goes on from network to network, and seed nothing from its initial seed",
    ),
    "input": Check(
        "a module writes into its input",
        "an attack would lose the input that it began with",
        "give it a copy: begin forward with x = x.clone(), or use inplace=False",
    ),
    "batch": Check(
        "the output at one input depends on the other inputs of the batch",
        "there is no f(x), and an attack on one input moves the others",
        "return module.eval(), or leave out what normalises, or takes its scale, over the batch",
    ),
    "gradient": Check(
        "no gradient comes from the output to the input, or one that is NaN or infinite",
        "there is no Jacobian, and no attack",
        "leave out no_grad, detach and numpy, and give every operation a finite derivative",
    ),
    "slope": Check(
        "the gradient from the output to the input is another than the output's own differences",
        "attacks follow the gradient, and the Jacobian is made of it",
        "leave out backward passes of your own, straight-through estimators, and what detaches a part",
    ),
    "float64": Check(
        "a module raises, or answers in float32, once its parameters and its input are float64",
        "linearity and identities are measured in float64, where float32 inside would pass for curvature",
        "make tensors in forward with dtype=x.dtype, and leave out .float()",
    ),
    "registered": Check(
        "a module raises in float64, and keeps layers or tensors where torch does not see them",
        "they are not moved, trained or told apart with the others",
        "keep layers in nn.ModuleList or nn.ModuleDict, and tensors as nn.Parameter or by register_buffer",
    ),
    "digits": Check(
        "float32 and float64 give outputs a thousandth apart",
        "products keep fewer digits than the margins need",
        "leave out autocast and half precision",
    ),
    "exact products": Check(
        "TF32 or reduced-precision matrix products are on",
        "products keep three digits, fewer than the margins need",
        'call torch.set_float32_matmul_precision("highest") and leave allow_tf32 off',
    ),
}
