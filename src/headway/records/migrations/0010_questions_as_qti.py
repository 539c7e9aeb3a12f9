"""Questions of before become documents of QTI 3: apart from the tables, which cannot change in the same transaction."""

import json

from django.db import migrations


def to_qti(apps, schema_editor):
    """Write the questions of before, which were forms of Headway's own, as documents of QTI 3."""
    from headway.core import items as engine

    Item = apps.get_model("records", "Item")
    for row in Item.objects.order_by("pk").iterator(chunk_size=500):
        if row.document.lstrip().startswith("{"):
            row.document = engine.write_plain(json.loads(row.document))
            asked = engine.parse_item(row.document)
            row.kind, row.prompt = engine.kind_word(asked), engine.prompt_of(asked)[:300]
            row.is_marked_by_person = engine.is_marked_by_person(asked)
            row.save(update_fields=["document", "kind", "prompt", "is_marked_by_person"])


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0009_work_files'),
    ]

    operations = [
        migrations.RunPython(to_qti, migrations.RunPython.noop),
    ]
