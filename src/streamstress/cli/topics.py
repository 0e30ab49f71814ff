"""``streamstress topics`` and ``metrics``: what Kafka's topics and Prometheus' metrics carry."""

import json

import typer

app = typer.Typer(help="Say what the topics carry.", no_args_is_help=True)


@app.command()
def reference() -> None:
    """Print every topic, record and field, as Markdown."""
    from streamstress.wire.reference import topic_lines

    typer.echo("\n".join(topic_lines()))


@app.command("asyncapi")
def asyncapi_command() -> None:
    """Print the same as an AsyncAPI 3.0 document, in JSON."""
    from streamstress import __version__
    from streamstress.wire.reference import asyncapi

    typer.echo(json.dumps(asyncapi(__version__), indent=2, ensure_ascii=False))


def metrics() -> None:
    """Print every metric with its type, labels and meaning, as Markdown."""
    from streamstress.outputs.metrics_reference import metric_lines

    typer.echo("\n".join(metric_lines()))
